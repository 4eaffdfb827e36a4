/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/switch.S - where translation changes under the running code.
 *
 * Code that runs while satp changes between Bare and paged is in one page that the trampoline page
 * table (boot/early.c) maps to its physical address: the next fetch has the same address in both
 * modes, and nothing depends on a fault.  The kernel's page table does not map this page, so every
 * switch uses the trampoline page table, which maps this page and the image.  One root serves both
 * halves here.
 */
#include "offsets.h"

	.section .idmap.text, "ax"
/*
 * The first instructions with translation: a0 = struct early_roots, at the physical address.  Sv57,
 * Sv48, Sv39: a mode that is not implemented makes the satp write void (privileged spec, satp).
 * stvec is the link address, for an image whose page the lower half cannot map (idmap_reaches(),
 * mmu.c): only then is the fetch after satp a page fault.
 */
	.balign 4
/*
 * Unshown (sfence.vma): with an operand this machine still orders all stores before all walks. By
 * the manual it orders only stores to leaf entries of that address, or of that ASID. No cached
 * entry must be removed here.
 */
	.globl idmap_enter
idmap_enter:
	ld t0, high_va
	csrw stvec, t0
	/* stores to the early tables before their first walk */
	sfence.vma
	addi t1, a0, EARLY_ROOT_BY_LEVEL + 4 * 8
	li t2, 10
	li t3, 8
1:	ld t4, 0(t1)
	srli t4, t4, 12
	slli t5, t2, 60
	or t4, t4, t5
	csrw satp, t4
	csrr t5, satp
	beq t5, t4, 2f
	addi t1, t1, -8
	addi t2, t2, -1
	bgeu t2, t3, 1b
	tail entry_no_mmu
2:	jr t0
	.balign 8
high_va:
	.dword high

/* Entry of a secondary hart from HSM hart_start: physical address, a0 = hart id, interrupts off. */
	.balign 4
/*
 * Unshown (sfence.vma): a failed walk of the next fetch leads to stvec, where the code continues,
 * and a cached leaf of the link addresses equals the one in these tables.
 */
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
	/* no record for this hart, or satp refused the mode: HSM hart_stop */
3:	li a7, 0x48534d
	li a6, 1
	ecall
	wfi
	j 3b
4:	ld sp, RECORD_STACK(t0)
	ld tp, RECORD_CPU(t0)
	ld t3, RECORD_HIGH(t0)
	ld t4, RECORD_TRAMPOLINE(t0)
	csrw stvec, t3 /* see idmap_enter */
	/* drop what this hart cached before an earlier stop, before the first walk of these tables */
	sfence.vma
	csrw satp, t4
	csrr t5, satp
	bne t5, t4, 3b
	jr t3

/* a0: satp of the trampoline page table in the new mode; a1: where to continue, at the link address. */
	.balign 4
/*
 * Unshown (sfence.vma): satp was Bare since the old mode, and the maps of all modes share their
 * tables below the root, so each cached entry equals the new one.
 */
	.globl idmap_change
idmap_change:
	csrw satp, zero
	/* no translation of the old mode is used in the new one; its tables before their first walk */
	sfence.vma
	csrw satp, a0
	jr a1

/* Leave the kernel: a0, a1 as the entry expects them, a2 the entry. */
	.balign 4
/* Unshown (sfence.vma): translation stays off until the SFENCE.VMA of the entry (idmap_enter). */
	.globl idmap_leave
idmap_leave:
	csrw satp, zero
	/* no translation of these tables survives the restart */
	sfence.vma
	jr a2

/* A hart that is not used again: it waits here, sie is 0 (mmu_leave). */
	.balign 4
	.globl idmap_halt
idmap_halt:
	wfi
	j idmap_halt

	.text
/* t2 = satp of the kernel's tree */
	.balign 4
	.globl secondary_high
secondary_high:
	csrw satp, t2
	/* nothing of the trampoline page table is used again */
	sfence.vma
	lla t0, trap_early_entry
	csrw stvec, t0
	/* text written by the boot hart (it may have moved the image) before our fetches */
	fence.i
	mv a0, tp
	li s0, 0
	li ra, 0
	tail kern_secondary

/*
 * void mmu_switch_mode(u64 trampoline_satp, paddr_t idmap_change, u64 satp)
 * Interrupts off, the trampoline page table in use.  satp of that map in the new mode, and of the tree.
 */
	.balign 4
/*
 * Unshown (sfence.vma): cached entries of the trampoline page table map the image to the same
 * addresses with more rights, and other fences are executed before a test uses these addresses.
 */
	.globl mmu_switch_mode
mmu_switch_mode:
	mv t0, a1
	lla a1, 1f
	jr t0
	.balign 4
1:	csrw satp, a2
	/* nothing of the trampoline page table is used again */
	sfence.vma
	ret

/*
 * void mmu_leave(u64 hwid, paddr_t fdt, paddr_t entry, u64 way, paddr_t idmap_leave)
 * Interrupts off, a0 and a1 as the entry expects them.  All that the entry reads is in memory.
 */
	.balign 4
	.globl mmu_leave
mmu_leave:
	csrw sie, zero
	csrci sstatus, 2
	csrw satp, a3
	/* the next fetch uses this map's page, not a cached failed walk; its tables are of the boot */
	sfence.vma
	jr a4

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
