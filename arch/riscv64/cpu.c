/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/cpu.c - this hart: trap vector, identification, halting.
 */
#include "trap.h"
#include <arch/arch.h>
#include <kern/cpu.h>
#include <lib/printf.h>

#define SSTATUS_FS (3ul << 13)
#define SSTATUS_VS (3ul << 9)
#define SSTATUS_SUM (1ul << 18)
#define SSTATUS_MXR (1ul << 19)

const char arch_name[] = "riscv64";

void arch_cpu_init(struct cpu *cpu)
{
	arch_irq_disable();
	csr_write(sie, 0);
	/* No FP or vector state, no access to user pages, execute-only stays unreadable */
	csr_clear(sstatus, SSTATUS_FS | SSTATUS_VS | SSTATUS_SUM | SSTATUS_MXR);
	arch_set_this_cpu(cpu);
	csr_write(sscratch, ptr_va(cpu));
	csr_write(stvec, ptr_va(trap_vector)); /* direct mode: the two low bits are 0 */
}

/* S-mode cannot read mhartid: firmware passes the hart id, and struct cpu keeps it. */
u64 arch_cpu_hwid(void)
{
	return arch_this_cpu()->hwid;
}

void arch_cpu_describe(char *buf, size_t size)
{
	snprintf(buf, size, "rv64 vendor %lx arch %lx", sbi_base(SBI_BASE_MVENDORID),
		 sbi_base(SBI_BASE_MARCHID));
}

const char *const arch_cpu_id_names[] = { "mvendorid", "marchid", "mimpid", "isa", NULL };

void arch_cpu_id(u64 word[ARCH_CPU_ID_WORDS])
{
	word[0] = sbi_base(SBI_BASE_MVENDORID);
	word[1] = sbi_base(SBI_BASE_MARCHID);
	word[2] = sbi_base(SBI_BASE_MIMPID);
	word[3] = isa_text_hash();
}

void arch_irq_local_init(void)
{
	/* The timer's bit is set by arch_timer_init(). */
	csr_set(sie, 1u << IRQ_SOFTWARE | 1u << IRQ_EXTERNAL);
}

void arch_quiesce(void)
{
	arch_irq_disable();
	csr_write(sie, 0);
	arch_timer_next(~0ul >> 2); /* also withdraws a pending one */
}

void arch_halt(void)
{
	arch_irq_disable();
	for (;;)
		arch_wait();
}
