/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/switch.S - where translation changes under the running code.
 *
 * Bare -> paged and paged -> Bare take effect at once (privileged spec, satp).  The next fetch then
 * uses an address that means nothing any more, faults, and stvec says where to go on: neither
 * direction needs an identity map.  Leaving raises cause 1 (access fault), which firmware forwards.
 */
#include "offsets.h"

	.text
/* A secondary hart from HSM hart_start: physical address, a0 = hart id, interrupts off. */
	.balign 4
	.globl secondary_entry
secondary_entry:
	csrw sie, zero
	csrci sstatus, 2
	csrw satp, zero
	lla t0, secondary_records
	li t1, CPU_MAX
1:	ld t2, RECORD_SATP(t0)
	ld t3, RECORD_HWID(t0)
	beqz t2, 2f
	beq t3, a0, 4f
2:	addi t0, t0, RECORD_BYTES
	addi t1, t1, -1
	bnez t1, 1b
	/* not a hart we asked for, or satp refused the mode: HSM hart_stop */
3:	li a7, 0x48534d
	li a6, 1
	ecall
	wfi
	j 3b
4:	ld sp, RECORD_STACK(t0)
	ld tp, RECORD_CPU(t0)
	ld t1, RECORD_HIGH(t0)
	csrw stvec, t1
	/* nothing cached from an earlier life of this hart, before the first walk of these tables */
	sfence.vma
	csrw satp, t2
	nop
	j 3b

	.balign 4
	.globl secondary_high
secondary_high:
	lla t0, trap_early_entry
	csrw stvec, t0
	/* text written by the boot hart (it may have moved the image) before our fetches */
	fence.i
	mv a0, tp
	li s0, 0
	li ra, 0
	tail kern_secondary

/*
 * void mmu_switch_via_bare(u64 satp, u64 va_minus_pa)
 * Interrupts off.  The image has the same VA and PA before and after; nothing else is touched.
 */
	.globl mmu_switch_via_bare
mmu_switch_via_bare:
	csrr t2, stvec
	lla t0, 1f
	sub t0, t0, a1
	lla t1, 2f
	csrw stvec, t0
	csrw satp, zero
	nop
	.balign 4
1:	csrw stvec, t1
	/* stores to the new tables before their first walk; nothing cached from the old ones */
	sfence.vma
	csrw satp, a0
	nop
	.balign 4
2:	/* no walk made between the two satp writes is used again */
	sfence.vma
	csrw stvec, t2
	ret

/*
 * void mmu_leave(u64 hwid, paddr_t fdt, paddr_t entry)
 * Interrupts off, a0 and a1 as the entry takes them.  Everything the entry reads is in memory.
 */
	.globl mmu_leave
mmu_leave:
	csrw sie, zero
	csrci sstatus, 2
	csrw stvec, a2
	/* nothing cached of the old tables lives into the next life */
	sfence.vma
	csrw satp, zero
	nop
	.balign 4
1:	wfi
	j 1b

/* Traps before a struct cpu is installed: no stack and no log can be trusted. */
	.balign 4
	.globl trap_early_entry
trap_early_entry:
	lla sp, boot_stack_top
	csrr a0, scause
	csrr a1, sepc
	csrr a2, stval
	li s0, 0
	tail trap_early
