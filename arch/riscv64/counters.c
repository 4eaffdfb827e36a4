/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/counters.c - do cycle and instret behave as on hardware?  For kern/emulator.c.
 *
 * QEMU's TCG has the host's clock in both, or with -icount the number of instructions in both: then
 * 250 divisions take exactly as many cycles as 250 additions, which no divider does.  An instret
 * that counts more than this program is no evidence: instructions of firmware's count as well.
 */
#include "trap.h"
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/emulator.h>

#define TRIES 3

/* Each result is the next one's operand: neither can begin before the other has ended. */
#define CHAIN(op)                                                                                  \
	__asm__ volatile("	li %1, 250\n"                                                           \
			 "1:	" op " %0, %0, %2\n"                                               \
			 "	addi %1, %1, -1\n"                                                      \
			 "	bnez %1, 1b"                                                            \
			 : "+&r"(v), "=&r"(n)                                                      \
			 : "r"(operand))

static u64 additions(u64 operand)
{
	u64 v = ~0ul >> 1, n, before = csr_read(cycle);

	CHAIN("add");
	return csr_read(cycle) - before;
}

static u64 divisions(u64 operand)
{
	u64 v = ~0ul >> 1, n, before = csr_read(cycle);

	CHAIN("divu");
	return csr_read(cycle) - before;
}

/* The minimum of some tries, because interrupts that firmware takes only add. */
static u64 min_cost(u64 (*chain)(u64))
{
	u64 best = ~0ul;

	for (unsigned i = 0; i < TRIES; i++)
		best = min_u64(best, chain(1));
	return best;
}

/* A counter that firmware keeps inaccessible or stopped proves nothing. */
static enum cpu_counters probe_cost(void)
{
	u64 add, divide;

	if (probe_cycle())
		return COUNTERS_UNKNOWN;
	add = min_cost(additions);
	divide = min_cost(divisions);
	if (!add || !divide)
		return COUNTERS_UNKNOWN;
	return add == divide ? COUNTERS_NO_COST : COUNTERS_SOUND;
}

static bool instret_is_stopped(void)
{
	u64 before = arch_instret();

	arch_relax();
	return arch_instret() == before;
}

static enum cpu_counters probe_counters(void)
{
	if (!boot_info.entry_counter || instret_is_stopped())
		return COUNTERS_UNKNOWN;
	return arch_instret_works() ? probe_cost() : COUNTERS_INEXACT;
}

void arch_machine_facts(struct machine_facts *f)
{
	u64 flags = arch_irq_save();

	f->mvendorid = sbi_base(SBI_BASE_MVENDORID);
	f->marchid = sbi_base(SBI_BASE_MARCHID);
	f->mimpid = sbi_base(SBI_BASE_MIMPID);
	if (f->counters == COUNTERS_UNKNOWN)
		f->counters = probe_counters();
	arch_irq_restore(flags);
}
