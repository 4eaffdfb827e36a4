/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/probe.S - loads, a store and a jump that may fault, and the table of their fixups.
 *
 * arch_fixup() (trap.c) puts the kind of the fault into x0 and continues at the fixup.  Entries are
 * 32-bit offsets from the entry itself, so the table needs no relocation at run time.
 */
	.macro	fixup at, to
	.pushsection __ex_table, "a"
	.balign	4
	.long	\at - .
	.long	\to - .
	.popsection
	.endm

	.text
/* int arch_probe_load64(vaddr_t, u64 *) */
	.globl	arch_probe_load64
arch_probe_load64:
1:	ldr	x2, [x0]
	str	x2, [x1]
	mov	w0, #0
	ret
	fixup	1b, faulted

/* int arch_probe_load32(vaddr_t, u32 *) */
	.globl	arch_probe_load32
arch_probe_load32:
1:	ldr	w2, [x0]
	str	w2, [x1]
	mov	w0, #0
	ret
	fixup	1b, faulted

/* int arch_probe_load8(vaddr_t, u8 *) */
	.globl	arch_probe_load8
arch_probe_load8:
1:	ldrb	w2, [x0]
	strb	w2, [x1]
	mov	w0, #0
	ret
	fixup	1b, faulted

/* int arch_probe_store64(vaddr_t, u64) */
	.globl	arch_probe_store64
arch_probe_store64:
1:	str	x1, [x0]
	mov	w0, #0
faulted:
	ret
	fixup	1b, faulted

/*
 * int arch_probe_exec(vaddr_t): the faulting pc is the address itself, so arch_fixup() knows this
 * probe by its return address, probe_exec_return, in x30.
 */
	.globl	arch_probe_exec, probe_exec_return, probe_exec_fixup
arch_probe_exec:
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	isb				/* what was written there before is not prefetched */
	blr	x0
probe_exec_return:
	mov	w0, #0
probe_exec_fixup:
	ldp	x29, x30, [sp], #16
	ret
