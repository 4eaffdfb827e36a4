/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/arm64.S - the first instruction on arm64: Linux Image header, move, clear, map, jump.
 *
 * Contract (Linux boot protocol): x0 = device tree, EL2 or EL1, [image_start, + image_size) ours; with the
 * MMU off, the loaded image clean to the point of coherency.  With the MMU on every address maps to
 * itself, as under UEFI, whose entry (boot/efi/efi_arm64.S) comes in here too.  Runs at the physical
 * address; all addresses are PC relative.
 *
 * Caches.  With the MMU off our accesses are Device-nGnRnE and bypass the caches (Arm ARM D8, "The
 * effects of disabling an address translation stage"), which may still hold lines of these
 * addresses from whoever ran before: a dirty one, written back later, destroys what we stored; a
 * clean one hides it once the caches are on.  So memory that is not part of the loaded file is
 * invalidated BEFORE it is written, and everything written is invalidated AFTER (ENGINE 6).
 */
#include <boot/efi/header.inc>
#include <el1.inc>

/* struct boot_info (boot/boot.h); arch/arm64/mmu.c asserts the offsets. */
#define ENTRY_IMAGE 0
#define INFO_FDT 0
#define INFO_IMAGE 8
#define INFO_HWID 24
#define INFO_EL 40
#define INFO_ENTRY 48

.macro	stage letter			/* boot/stage.h; x30 is nobody's here */
	mov	w10, #\letter
	bl	stage_letter
.endm

	.section .head, "ax"
	.globl	image_entry
head:
	add	x13, x18, #0x16		/* code0: nothing, and "MZ" */
	b	image_entry		/* code1 */
	.quad	0			/* text_offset: 2 MiB aligned RAM */
	.quad	image_size		/* linker script: to image_end and 2 MiB for the move */
	.quad	0xa			/* little endian, 4K pages, anywhere in RAM */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	pe_header_start - head
	pe_header 0xaa64
	.org	head + 4096		/* a PE loader brings no more of the headers than there are */

image_entry:
	msr	daifset, #15		/* a loader may leave SError open */
	mov	w18, #ENTRY_IMAGE
	mov	x20, x0
	mrs	x21, CurrentEL
	lsr	x21, x21, #2
	mrs	x9, sctlr_el1
	cmp	x21, #2
	b.ne	1f
	mrs	x9, sctlr_el2
1:	tbnz	x9, #0, entry_with_mmu
entry_without_mmu:
	stage	'a'
	enter_el1 no_el1
	stage	'b'
	count_instructions
	msr	tpidr_el1, xzr		/* no struct cpu yet */
	mov	x22, #0			/* moved itself */
	adrp	x23, image_start
	tst	x23, #0x1fffff
	b.ne	move_up

.Lat_home:
	stage	'c'
	/* .data, .bss and the boot stack: gone from the caches, then written. */
	adr_of	x24, data_start
	adr_of	x25, bss_end
	adr_of	x26, boot_stack_top
	adr_of	x27, boot_stack
	mov	x0, x24
	mov	x1, x25
	bl	drop_lines
	mov	x0, x27
	mov	x1, x26
	bl	drop_lines
	/* .data from its read-only copy, on a restart as on the first boot; 64-byte aligned */
	adr_of	x0, data_pristine
	adr_of	x1, data_end
	mov	x2, x24
5:	ldp	x3, x4, [x0], #16
	stp	x3, x4, [x2], #16
	cmp	x2, x1
	b.lo	5b
	adr_of	x0, bss_start
	sub	x1, x25, #256
	b	2f
1:	.irp	at, 0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240
	stp	xzr, xzr, [x0, #\at]
	.endr
	add	x0, x0, #256
2:	cmp	x0, x1
	b.ls	1b
	b	4f
3:	stp	xzr, xzr, [x0], #16	/* both edges are 64-byte aligned */
4:	cmp	x0, x25
	b.lo	3b
	adr_of	x19, boot_info
	adr_of	x1, image_end
	sub	x1, x1, x23
	stp	x20, x23, [x19, #INFO_FDT]	/* fdt_pa, image_pa */
	mrs	x2, mpidr_el1
	and	x3, x2, #0xff00000000		/* Aff3 */
	and	x2, x2, #0xffffff		/* Aff2..Aff0 */
	orr	x2, x2, x3
	stp	x1, x2, [x19, #INFO_IMAGE + 8]	/* image_len, hwid */
	str	xzr, [x19, #INFO_HWID + 8]	/* entry_counter: the counter itself began at 0 */
	stp	w21, w22, [x19, #INFO_EL]	/* entry_el, relocated */
	str	w18, [x19, #INFO_ENTRY]

	stage	'd'
	mov	sp, x26
	mov	x29, xzr		/* the end of every backtrace */
	mov	x30, xzr
	bl	early_build		/* drops the lines of its tables itself, before and after */
	ldp	x27, x28, [x0]		/* image root, identity root */
	stage	'e'

	/* Written with the MMU off: .data (boot_info in it), .bss (zeros, early_build's variables). */
	mov	x0, x24
	mov	x1, x25
	bl	drop_lines

	/* Both halves 4K/48; output size = what the CPU has, at most 48 bits without DS. */
	load_const x0, ARM_TCR_LOW
	load_const x1, ARM_TCR_EARLY_HIGH
	orr	x0, x0, x1
	mrs	x1, id_aa64mmfr0_el1
	and	x2, x1, #15
	cmp	x2, #5
	mov	x3, #5
	csel	x2, x2, x3, lo
	orr	x0, x0, x2, lsl #ARM_TCR_IPS_SHIFT
	ubfx	x1, x1, #5, #1		/* ASIDBits 2: 16 bits */
	orr	x0, x0, x1, lsl #ARM_TCR_AS_SHIFT
	mov	x1, x27
	mov	x2, x28
	load_const x3, ARM_MAIR
	load_const x4, ARM_SCTLR_ON
	movz	x5, #:abs_g3:boot_high	/* the link address, on purpose */
	movk	x5, #:abs_g2_nc:boot_high
	movk	x5, #:abs_g1_nc:boot_high
	movk	x5, #:abs_g0_nc:boot_high
	b	idmap_switch

/*
 * Entered at a 4 KiB boundary: copy the file up to a 2 MiB boundary at least 8 KiB away (image_home(),
 * boot/boot.h), last bytes first since the two may overlap.  This code lies in the first 8 KiB, below
 * every possible destination.
 */
move_up:
	mov	x22, #1
	add	x24, x23, #0x201, lsl #12
	and	x24, x24, #~0x1fffff	/* destination */
	adr_of	x25, data_pristine_end	/* end of the file */
	sub	x26, x25, x23
	mov	x0, x24
	add	x1, x24, x26
	bl	drop_lines
	add	x1, x24, x26
1:
	ldp	x2, x3, [x25, #-16]!
	stp	x2, x3, [x1, #-16]!
	cmp	x25, x23
	b.hi	1b
	mov	x0, x24
	add	x1, x24, x26
	bl	drop_lines
	ic	iallu			/* instructions once fetched from the destination */
	dsb	ish			/* copy and invalidations complete ... */
	isb				/* ... before the first fetch there */
	sub	x24, x24, x23
	adr	x0, .Lat_home
	add	x0, x0, x24
	adrp	x23, image_start
	add	x23, x23, x24
	br	x0

/*
 * No line of [x0, x1) stays in a data cache.  A line that reaches over an edge holds someone
 * else's bytes too: it is cleaned as well.  Clobbers x2..x5.
 */
drop_lines:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4		/* DminLine: log2 of words */
	mov	x3, #4
	lsl	x3, x3, x2
	sub	x4, x3, #1
	tst	x1, x4
	bic	x1, x1, x4
	b.eq	1f
	dc	civac, x1
1:	tst	x0, x4
	bic	x0, x0, x4
	b.eq	2f
	dc	civac, x0
	add	x0, x0, x3
2:	lsl	x5, x3, #2
	sub	x4, x1, x5
	b	4f
3:	dc	ivac, x0		/* four lines a round */
	add	x2, x0, x3
	dc	ivac, x2
	add	x2, x2, x3
	dc	ivac, x2
	add	x2, x2, x3
	dc	ivac, x2
	add	x0, x0, x5
4:	cmp	x0, x4
	b.ls	3b
	b	6f
5:	dc	ivac, x0
	add	x0, x0, x3
6:	cmp	x0, x1
	b.lo	5b
	dsb	sy			/* invalidation complete before the memory is used */
	ret

	.org	head + 8192		/* an error if the code that moves the image is longer */

	.text
/*
 * Entered with the MMU on: x18 how, x20 device tree, x21 EL.  What the caches hold of the image, of the
 * memory that it asks for and of the tree goes to memory, then both are off.  Where this code is not
 * mapped to itself nothing can go on, and nobody can be told.
 */
	.globl	entry_with_mmu
entry_with_mmu:
	adr_of	x0, image_start
	bl	maps_to_itself
	b.ne	4f
	adr_of	x1, image_end
	add	x1, x1, #0x201, lsl #12	/* image_size */
	bl	clean_lines
	cbz	x20, 1f
	mov	x0, x20
	bl	maps_to_itself
	b.ne	1f			/* boot/start.c says what it thinks of it */
	ldr	w1, [x20, #4]		/* totalsize, when it is a tree */
	rev	w1, w1
	cmp	w1, #0x200, lsl #12
	b.hi	1f
	add	x1, x20, x1
	bl	clean_lines
1:	cmp	x21, #2
	b.eq	2f
	mrs	x9, sctlr_el1
	and	x9, x9, #~1		/* M */
	and	x9, x9, #~4		/* C */
	isb				/* Falkor 1041 (arch/arm64/errata.c) */
	msr	sctlr_el1, x9
	b	3f
2:	mrs	x9, sctlr_el2
	and	x9, x9, #~1
	and	x9, x9, #~4
	isb
	msr	sctlr_el2, x9
3:	isb				/* physical from the next fetch on: the same address */
	b	entry_without_mmu
4:	wfe
	b	4b

no_el1:
	stage	'z'
	b	4b

/* Z: x0 is readable under the current regime and maps to itself.  Clobbers x9, x10. */
maps_to_itself:
	cmp	x21, #2
	b.eq	1f
	at	s1e1r, x0
	b	2f
1:	at	s1e2r, x0
2:	isb				/* PAR_EL1 is of this translation */
	mrs	x9, par_el1
	and	x10, x9, #1		/* F: it would fault */
	eor	x9, x9, x0
	ubfx	x9, x9, #12, #40
	orr	x9, x9, x10
	cmp	x9, #0
	ret

/* [x0, x1) to the point of coherency.  Clobbers x0, x2, x3. */
clean_lines:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4		/* DminLine: log2 of words */
	mov	x3, #4
	lsl	x3, x3, x2
	sub	x2, x3, #1
	bic	x0, x0, x2
1:	dc	civac, x0
	add	x0, x0, x3
	cmp	x0, x1
	b.lo	1b
	dsb	sy			/* in memory before the MMU is off */
	ret

/* Link address, early map live. */
	.globl	boot_high
boot_high:
	adr_of	x0, boot_stack_top
	mov	sp, x0
	mov	x29, xzr
	mov	x30, xzr
	b	boot_main
