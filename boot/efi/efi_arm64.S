/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/efi/efi_arm64.S - entry from UEFI: x0 image handle, x1 system table, MMU and caches on, firmware's
 * stack.
 */
#include <el1.inc>

#define ENTRY_EFI 1

	.text
	.globl	efi_entry
efi_entry:
	stp	x29, x30, [sp, #-32]!
	mov	x29, sp
	add	x2, sp, #16		/* struct stub_exit */
	bl	stub_main
	cbnz	x0, 1f
	msr	daifset, #15		/* firmware's handlers are invalid, but its interrupts are still enabled */
	ldr	x20, [sp, #16]
	mov	w18, #ENTRY_EFI
	mrs	x21, CurrentEL
	lsr	x21, x21, #2
	b	entry_with_mmu
1:	ldp	x29, x30, [sp], #32
	ret
