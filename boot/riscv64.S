/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/riscv64.S - from the first instruction to boot_main() at the link address.
 *
 * Entered by SBI firmware or a loader in S-mode: a0 = hart id (any), a1 = device tree, at any 4 KiB
 * boundary; or by the UEFI stub (boot/efi/efi_riscv64.S), where satp maps this page to itself.  Nothing
 * else is assumed.  This section is the first two pages of the image: the copy that moves the image must
 * not overwrite it while it runs.
 *
 * s0 hart id, s1 device tree, s2 instret at the first instruction, s3 image, s4 bytes that the image
 * moved, s5 enum boot_entry
 */
#include "offsets.h"
#include <boot/efi/header.inc>
#include <boot/stage.h>

#define BOOT_CLAIMED 0x686f7470 /* a value that memory is unlikely to hold at power-on */
#define SSTATUS_CLEAR (3 << 13 | 3 << 9 | 1 << 18 | 1 << 19 | 1 << 1) /* FS VS SUM MXR SIE */

	.macro stage letter     /* boot/stage.h; clobbers ra, which is free here */
	li t0, \letter
	call stage_letter
	.endm

	.section .head, "ax"
	/* The header of a RISC-V Linux Image; its first two bytes are "MZ" for the PE header. */
head:
	.option push
	.option rvc
	c.li s4, -13
	j entry
	.option pop
	.balign 8
	.dword 0x200000    /* text_offset: 2 MiB from the start of RAM */
	.dword image_size  /* with the memory for the move */
	.dword 0           /* flags: little endian */
	.word 2            /* version 0.2 */
	.word 0
	.dword 0
	.ascii "RISCV\0\0\0"
	.ascii "RSC\x05"
	.word pe_header_start - head
	pe_header 0x5064
	.org head + 4096   /* a PE loader copies only the headers, not the rest of this page */

	.globl entry_efi
entry_efi:
	li s5, BOOT_ENTRY_EFI
	j .Lentered
entry:
	li s5, BOOT_ENTRY_IMAGE
.Lentered:
	csrw sie, zero
	csrci sstatus, 2   /* SIE */
	/*
	 * No CSR of S-mode shows that this is M-mode.  An SBI delegates software interrupts, and sie reads 0
	 * for interrupts that are not delegated (privileged spec, sip and sie).  Only if it reads 0, read a CSR
	 * that traps in S-mode.
	 */
	csrsi sie, 2       /* SSIE */
	csrr t1, sie
	csrw sie, zero
	bnez t1, .Lin_s_mode
	lla t0, .Lin_s_mode
	csrw stvec, t0
	csrr t1, mhartid
	j entry_machine
	.balign 4
.Lin_s_mode:
	lla t0, .Lcounter_read
	csrw stvec, t0
	li s2, 0
	/* if mcounteren.IR is clear the read traps to the next line, with s2 = 0 */
	csrr s2, instret
	.balign 4
.Lcounter_read:
	li t0, SSTATUS_CLEAR
	csrc sstatus, t0
	csrw satp, zero
	lla t0, entry_trap
	csrw stvec, t0
	mv s0, a0
	mv s1, a1

	/* The image moves up to a 2 MiB boundary at least 8 KiB away (image_home(), boot/boot.h). */
	lla s3, image_start
	li s4, 0
	li t0, 0x1fffff
	and t1, s3, t0
	beqz t1, .Lhome_known
	li s4, 0x201000
	add s4, s4, s3
	not t0, t0
	and s4, s4, t0
	sub s4, s4, s3
.Lhome_known:
	/*
	 * Firmware may mark a hart as starting before it stores the start address (OpenSBI 1.1,
	 * sbi_hsm_hart_start): a hart that wakes in between starts at the next stage of firmware, which is this
	 * code.  If another hart has claimed the boot and is still started, this hart is a secondary one, whose
	 * record exists.  Claim and record are at the address after the move; before the move only this section
	 * is reserved (boot/memory.c).
	 */
	lla t0, boot_claim
	add t0, t0, s4
	li t1, BOOT_CLAIMED
	ld t2, 0(t0)
	ld a0, 8(t0)
	bne t2, t1, .Lclaim
	beq a0, s0, .Lclaim
	li a7, 0x48534d    /* HSM hart_get_status: 0 is started */
	li a6, 2
	ecall
	or a0, a0, a1
	bnez a0, .Lclaim
	mv a0, s0
	lla t0, secondary_entry
	add t0, t0, s4
	jr t0
.Lclaim:
	stage 'a'
	lla t0, boot_claim
	add t0, t0, s4
	li t1, BOOT_CLAIMED
	sd s0, 8(t0)
	/* the hart id is visible before the flag that announces it */
	fence w, w
	sd t1, 0(t0)

	stage 'b'
	slli t0, s3, 52
	lla a0, text_misplaced
	lla a1, text_misplaced_end
	bnez t0, entry_stop

	/* from the end down; image_size includes the destination */
	beqz s4, .Lat_home
	lla t1, data_pristine_end
	add t2, t1, s4
.Lmove_64:
	addi t1, t1, -64
	addi t2, t2, -64
	.irp n, 0, 8, 16, 24, 32, 40, 48, 56
	ld t3, \n(t1)
	sd t3, \n(t2)
	.endr
	bne t1, s3, .Lmove_64
	/* the copy is complete before it is fetched */
	fence.i
	lla t0, .Lmoved
	add t0, t0, s4
	jr t0
.Lmoved:
	lla s3, image_start
	lla t0, entry_trap
	csrw stvec, t0

	/* .data from its read-only copy, on the first boot and on a restart; both are 64-byte aligned */
.Lat_home:
	stage 'c'
	lla t0, data_pristine
	lla t1, data_start
	lla t2, data_end
.Lcopy_data:
	.irp n, 0, 8, 16, 24, 32, 40, 48, 56
	ld t3, \n(t0)
	sd t3, \n(t1)
	.endr
	addi t0, t0, 64
	addi t1, t1, 64
	bltu t1, t2, .Lcopy_data

	lla t0, bss_start
	lla t1, bss_end
.Lclear_bss:
	.irp n, 0, 8, 16, 24, 32, 40, 48, 56
	sd zero, \n(t0)
	.endr
	addi t0, t0, 64
	bltu t0, t1, .Lclear_bss

	lla t0, boot_info
	sd s1, BOOT_FDT_PA(t0)
	sd s3, BOOT_IMAGE_PA(t0)
	lla t1, image_end
	sub t1, t1, s3
	sd t1, BOOT_IMAGE_LEN(t0)
	sd s0, BOOT_HWID(t0)
	sd s2, BOOT_ENTRY_COUNTER(t0)
	sw zero, BOOT_ENTRY_EL(t0)
	sw s4, BOOT_MOVED(t0)
	sw s5, BOOT_ENTRY(t0)

	/*
	 * T-Head's harts with MAEE set (CSR 0x5c0, th.sxstatus, bit 21) read bits 63:59 of an entry as
	 * memory attributes: an entry of the privileged spec would be memory without caches or order.  The CSR
	 * is read only on harts of that vendor; without it the read traps to .Lattributes_read.
	 */
	li a7, 0x10        /* SBI base, get_mvendorid */
	li a6, 4
	ecall
	bnez a0, .Lattributes_known
	li t0, 0x5b7
	bne a1, t0, .Lattributes_known
	lla t0, .Lattributes_read
	csrw stvec, t0
	li t1, 0
	csrr t1, 0x5c0
	.balign 4
.Lattributes_read:
	lla t0, entry_trap
	csrw stvec, t0
	srli t1, t1, 21
	andi t1, t1, 1
	lla a0, text_attributes
	lla a1, text_attributes_end
	bnez t1, entry_stop
.Lattributes_known:
	stage 'd'
	lla sp, boot_stack_top
	li s0, 0
	call early_build
	mv s3, a0
	stage 'e'
	mv a0, s3

	tail idmap_enter

	.balign 4
	.globl entry_no_mmu
entry_no_mmu:
	lla a0, text_no_mmu
	lla a1, text_no_mmu_end
	j entry_stop

	.balign 4
entry_trap:
	lla a0, text_trap
	lla a1, text_trap_end
/* Print the text [a0, a1) (physical) on the console of firmware, and stop. */
entry_stop:
	mv s0, a0
	sub s1, a1, a0
	mv a0, s1
	mv a1, s0
	li a2, 0
	li a6, 0           /* DBCN console_write(bytes, address) */
	li a7, 0x4442434e
	ecall
	beqz a0, .Lstop
.Lprint_byte:
	lbu a0, 0(s0)
	li a7, 1           /* legacy console_putchar */
	ecall
	addi s0, s0, 1
	addi s1, s1, -1
	bnez s1, .Lprint_byte
.Lstop:
	wfi
	j .Lstop

/* M-mode: there is no SBI, so the first hart reports it on the port of EARLYCON=. */
entry_machine:
	lla t0, machine_reported
	li t1, 1
	amoswap.w t1, t1, (t0)
	bnez t1, .Lstop
	lla t0, stage_port
	lbu t1, STAGE_KIND(t0)
	li t0, STAGE_SBI
	beq t1, t0, .Lstop
	lla s0, text_machine
	lla s1, text_machine_end
.Lmachine_print:
	lbu t0, 0(s0)
	call stage_letter
	addi s0, s0, 1
	bne s0, s1, .Lmachine_print
	j .Lstop

	.balign 4
machine_reported:
	.word 0

	.section .noinit, "aw", @nobits
	.balign 16
	.size boot_claim, 16
boot_claim: /* BOOT_CLAIMED, the boot hart */
	.skip 16
	.section .head, "ax"

text_misplaced:
	.ascii "hotplate: the image is not at a 4 KiB boundary; stopped\r\n"
text_misplaced_end:
text_no_mmu:
	.ascii "hotplate: this hart accepts none of Sv57, Sv48, Sv39 in satp; stopped\r\n"
text_no_mmu_end:
text_attributes:
	.ascii "hotplate: th.sxstatus.MAEE is set: this hart's page-table entries are not those of the privileged spec; stopped\r\n"
text_attributes_end:
text_machine:
	.ascii "hotplate: entered in M-mode: the image needs an SBI, which starts it in S-mode; stopped\r\n"
text_machine_end:
text_trap:
	.ascii "hotplate: trap before the MMU was on; stopped\r\n"
text_trap_end:
	.org head + 8192   /* an assembler error if the code that moves the image is longer */

	/* The upper half: from here on the code runs at its link address. */
	.text
	.balign 4
	.globl high
high:
	lla t0, trap_early_entry
	csrw stvec, t0
	lla t0, mmu_deepest_mode
	csrr t1, satp
	srli t1, t1, 60
	sd t1, 0(t0)
	lla sp, boot_stack_top
	lla tp, cpus
	li s0, 0
	li ra, 0
	tail boot_main
