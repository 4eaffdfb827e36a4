/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/efi/efi_riscv64.S - entry from UEFI: a0 image handle, a1 system table, firmware's stack; satp may
 * map every address to itself (UEFI 2.10, 2.3.7).
 */
	.text
	.globl efi_entry
efi_entry:
	addi sp, sp, -32
	sd ra, 24(sp)
	mv a2, sp          /* struct stub_exit */
	call stub_main
	bnez a0, 1f
	csrci sstatus, 2
	ld a1, 0(sp)
	ld a0, 8(sp)
	tail entry_efi
1:	ld ra, 24(sp)
	addi sp, sp, 32
	ret
