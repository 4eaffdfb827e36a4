/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/probe.S - loads, stores and a jump that may fault, and the table of their fixups
 * (fixup.inc).
 */
#include <fixup.inc>

	.text
/* int arch_probe_loadN(vaddr_t, uN *) */
	.macro	probe_load name, load, store, reg
	.globl	\name
\name:
1:	\load	\reg, [x0]
	\store	\reg, [x1]
	mov	w0, #0
	ret
	.size	\name, . - \name
	fixup	1b, faulted
	.endm

/* int arch_probe_storeN(vaddr_t, uN) */
	.macro	probe_store name, store, reg
	.globl	\name
\name:
1:	\store	\reg, [x0]
	mov	w0, #0
	ret
	fixup	1b, faulted
	.endm

	probe_load arch_probe_load64, ldr, str, x2
	probe_load arch_probe_load32, ldr, str, w2
	probe_load arch_probe_load16, ldrh, strh, w2
	probe_load arch_probe_load8, ldrb, strb, w2
	probe_store arch_probe_store64, str, x1
	probe_store arch_probe_store32, str, w1
	probe_store arch_probe_store16, strh, w1
	probe_store arch_probe_store8, strb, w1

faulted:
	ret

/*
 * int arch_probe_exec(vaddr_t): the faulting pc is the address itself, so arch_fixup() knows this
 * probe by its return address, probe_exec_return, in x30.
 * Unshown (isb): MODEL.md fetch-frame.
 */
	.globl	arch_probe_exec, probe_exec_return, probe_exec_fixup
arch_probe_exec:
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	isb				/* drop instructions fetched before the target was written */
	blr	x0
probe_exec_return:
	mov	w0, #0
probe_exec_fixup:
	ldp	x29, x30, [sp], #16
	ret
