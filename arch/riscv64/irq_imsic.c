/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/irq_imsic.c - Incoming MSI Controllers (RISC-V Advanced Interrupt Architecture 1.0,
 * chapter 3) and an APLIC that sends its sources to them as messages (4.9).
 *
 * Each hart has an interrupt file, reached by its own CSRs only.  All of the identities 1 to 63,
 * which every file has (3.1), are enabled on every hart: the APLIC and the devices decide which
 * occur, and an identity without owner is logged, once.  An identity is assigned to one source of
 * the APLIC, or to one interrupt that is delivered as a message only; the latter are numbered from
 * MESSAGES on, above all sources.
 */
#include "trap.h"
#include <arch/arch.h>
#include <drivers/irq/aplic.h>
#include <drivers/irq/imsic.h>
#include <drivers/irq/riscv_intc.h>
#include <kern/log.h>

#define MESSAGES 1024u /* + identity; an APLIC has at most 1023 sources */

enum { /* behind siselect (3.8); of EIP and EIE only the even ones exist on RV64 */
       EIDELIVERY = 0x70,
       EITHRESHOLD = 0x72,
       EIP0 = 0x80,
       EIE0 = 0xc0,
};

static struct {
	u32 identities;
	u32 source[IMSIC_IDENTITIES_MIN + 1]; /* by identity; 0: none, as there is no source 0 */
	u32 claimed[CPUS_MAX]; /* claimed, its level not checked again yet; 0: none */
} imsic;

/* CSRs (2.2) are by number, as older assemblers do not know the names: 0x150 siselect, 0x151 sireg,
 * 0x15c stopei. */
static void file_write(u64 reg, u64 v)
{
	csr_write(0x150, reg);
	csr_write(0x151, v);
}

/* Bits of a register of this hart's file; an interrupt in between would select another one. */
static void file_bit(u64 reg, u32 identity, bool on)
{
	u64 flags = arch_irq_save(), bit = BIT(identity);

	csr_write(0x150, reg);
	if (on)
		csr_set(0x151, bit);
	else
		csr_clear(0x151, bit);
	arch_irq_restore(flags);
}

/* Claim the highest-priority identity that is pending and enabled; 0: none (3.9). */
static u32 claim(void)
{
	return (u32)(csr_swap(0x15c, 0) >> 16 & IMSIC_IDENTITIES_MAX);
}

static int probe(struct device *d)
{
	imsic.identities = imsic_find(d);
	return imsic.identities && !probe_siselect() ? aplic_init(d, APLIC_MESSAGES) : -ENODEV;
}

/* Firmware, or an earlier boot, may have left any state. */
static void cpu_init(void)
{
	file_write(EIDELIVERY, 0);
	for (u32 id = 0; id <= imsic.identities; id += 64) {
		file_write(EIE0 + id / 32, 0);
		file_write(EIP0 + id / 32, 0);
	}
	file_write(EITHRESHOLD, 0); /* every identity */
	file_write(EIE0, ~0ul);     /* bit 0 is read-only zero */
	file_write(EIDELIVERY, 1);
}

/* The identity of a source, given at its first use; 0: all are in use. */
static u32 identity_of(u32 source)
{
	for (u32 id = 1; id <= IMSIC_IDENTITIES_MIN; id++)
		if (!imsic.source[id] || imsic.source[id] == source) {
			imsic.source[id] = source;
			return id;
		}
	return 0;
}

/* Only on CPU `cpu` itself: no other hart reaches its interrupt file. */
static void enable(u32 irq, u32 flags, unsigned cpu)
{
	u32 target, id = irq ? identity_of(irq) : 0;

	if (!id)
		return;
	file_bit(EIE0, id, true); /* unowned_message() may have disabled it while it had no owner */
	if (irq >= MESSAGES || !imsic_target(cpus[cpu].hwid, &target) ||
	    !aplic_source_on(irq, flags, target | id))
		return;
	aplic_source_again(irq); /* a level that was high before the source was enabled */
}

static void disable(u32 irq)
{
	if (irq >= MESSAGES)
		file_bit(EIE0, irq - MESSAGES, false);
	else
		aplic_source_off(irq);
}

/* ---- interrupts delivered as messages only ---- */

static u32 message_alloc(void)
{
	for (u32 id = 1; id <= IMSIC_IDENTITIES_MIN; id++)
		if (!imsic.source[id])
			return imsic.source[id] = MESSAGES + id;
	return ~0u;
}

static void message_free(u32 irq)
{
	u32 id = irq - MESSAGES;

	file_bit(EIP0, id, false);
	imsic.source[id] = 0;
	file_bit(EIE0, id, true);
}

static bool message_aim(u32 irq, unsigned cpu, struct irq_message *m)
{
	paddr_t file = imsic_file(cpus[cpu].hwid);

	*m = (struct irq_message) { file, irq - MESSAGES };
	return file != PA_NONE;
}

static const struct irq_messages messages = {
	.controller = imsic_phandle,
	.alloc = message_alloc,
	.free = message_free,
	.aim = message_aim,
	.preferred = true,
};

/* A message without owner, sent by a faulty device or too late: log it once on each hart. */
static void unowned_message(u32 id)
{
	this_cpu()->spurious++;
	if (id > IMSIC_IDENTITIES_MIN)
		return; /* never enabled, so this cannot happen on a correct controller */
	file_bit(EIE0, id, false);
	kprintf("irq: a message for identity %u, which has no owner: CPU %u takes no more of "
		"them\n",
		id, this_cpu()->nr);
}

static void quiesce(void)
{
	u32 *claimed = &imsic.claimed[this_cpu()->nr];

	if (*claimed)
		aplic_source_again(*claimed);
	*claimed = 0;
}

static void handle(void)
{
	u32 id;

	while ((id = claim())) {
		u32 irq = id <= IMSIC_IDENTITIES_MIN ? imsic.source[id] : 0;

		if (!irq) {
			unowned_message(id);
			continue;
		}
		imsic.claimed[this_cpu()->nr] = irq;
		irq_dispatch(irq);
		quiesce();
	}
}

static const char *const compatible[] = { "riscv,aplic", NULL };

static const struct irqchip chip = {
	.compatible = compatible,
	.name = "APLIC+IMSIC",
	.probe = probe,
	.cpu_init = cpu_init,
	.enable = enable,
	.disable = disable,
	.handle = handle,
	.ipi = arch_firmware_ipi,
	.quiesce = quiesce,
	.decode = aplic_decode,
	.messages = &messages,
};
IRQCHIP(imsic, chip);
