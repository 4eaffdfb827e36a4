/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boards/qemu-virt-arm64/flash.S - minimal firmware: copies the image of -kernel to RAM and enters it.
 *
 * QEMU adds a Generic Event Device and memory slots to a machine only if there is firmware.  This
 * firmware copies the kernel from fw_cfg by DMA (docs/specs/fw_cfg) to RAM + 2 MiB, as the Image header
 * requires, and enters it with the device tree that QEMU puts at the start of RAM.  It runs at address 0
 * from flash, with the MMU off, without a stack; its only memory is a scratch block in the first 128 MiB.
 */
	.equ	FW_CFG, 0x09020000
	.equ	DEVICE_TREE, 0x40000000
	.equ	IMAGE, 0x40200000
	.equ	SCRATCH, 0x47f00000
	.equ	KERNEL_SIZE, 0x08
	.equ	KERNEL_DATA, 0x11
	.equ	SELECT_AND_READ, 10

	.text
	.globl	flash_start
flash_start:
	ldr	x9, =FW_CFG
	ldr	x10, =SCRATCH
	ldr	x12, =IMAGE
	mov	w0, #KERNEL_SIZE
	mov	x1, #4
	add	x2, x10, #0x100
	bl	read
	ldr	w11, [x10, #0x100]
	cbz	w11, nothing
	mov	w0, #KERNEL_DATA
	mov	x1, x11
	mov	x2, x12
	bl	read
	ic	iallu
	dsb	sy			/* earlier fetches are discarded ... */
	isb				/* ... before the first fetch of the image */
	ldr	x0, =DEVICE_TREE
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	br	x12
nothing:
	wfi
	b	nothing

/* Read x1 bytes of item w0 to x2, by a request {control, length, address}, big endian, at SCRATCH. */
read:
	lsl	w0, w0, #16
	add	w0, w0, #SELECT_AND_READ
	rev	w0, w0
	str	w0, [x10]
	rev	w1, w1
	str	w1, [x10, #4]
	rev	x2, x2
	str	x2, [x10, #8]
	dsb	sy			/* the request is in memory before the device is notified */
	rev	x3, x10
	str	x3, [x9, #16]
	dsb	sy
1:	ldr	w3, [x10]
	rev	w3, w3
	tst	w3, #~1			/* 0: done; bit 0: it failed */
	b.ne	1b
	ret
