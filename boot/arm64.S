/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/arm64.S - the first instruction on arm64: Linux Image header, move, clear, map, jump.
 *
 * Contract (Linux boot protocol): x0 = device tree, EL2 or EL1, [image_start, + image_size) belongs to
 * the kernel; with the MMU off, the loaded image is clean to the point of coherency.  With the MMU on
 * every address maps to itself, as under UEFI; boot/efi/efi_arm64.S continues at entry_with_mmu.  The
 * code runs at the physical address; all addresses are PC relative.
 *
 * Caches.  With the MMU off data accesses are Device-nGnRnE and bypass the caches (Arm ARM D8, "The
 * effects of disabling an address translation stage"), which may still hold lines of these
 * addresses from earlier software: a dirty line that is written back later overwrites the stores; a
 * clean line hides them once the caches are on.  So memory that is not part of the loaded file is
 * invalidated BEFORE it is written, and all written memory is invalidated AFTER (ENGINE 6.5).
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

/* Registers that are live across steps; x0 to x17 are scratch. */
entry_type	.req	w18	/* ENTRY_*; boot/efi/efi_arm64.S sets it too */
fdt		.req	x20	/* the device tree's address */
entry_el	.req	x21	/* the exception level at the entry */
entry_el_32	.req	w21
image		.req	x23	/* address of the image */
/* while the image moves */
target		.req	x24
file_end	.req	x25
file_bytes	.req	x26
/* after the move */
data_lo		.req	x24	/* .data and .bss, which are written with the MMU off */
bss_hi		.req	x25
stack_hi	.req	x26
stack_lo	.req	x27
root_image	.req	x27	/* of early_build(), after the stack's lines are dropped */
root_identity	.req	x28

.macro	stage letter			/* boot/stage.h; x30 is free here */
	mov	w10, #\letter
	bl	stage_letter
.endm

	.section .head, "ax"
	.globl	image_entry
head:
	add	x13, x18, #0x16		/* code0: no effect, and "MZ" */
	b	image_entry		/* code1 */
	.quad	0			/* text_offset: 2 MiB aligned RAM */
	.quad	image_size		/* linker script: to image_end and 2 MiB for the move */
	.quad	0xa			/* little endian, 4K pages, anywhere in RAM */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	pe_header_start - head
	pe_header 0xaa64
	.org	head + 4096		/* a PE loader copies only the headers, not the rest of this page */

image_entry:
	msr	daifset, #15		/* a loader may leave SError unmasked */
	mov	entry_type, #ENTRY_IMAGE
	mov	fdt, x0
	mrs	entry_el, CurrentEL
	lsr	entry_el, entry_el, #2
	mrs	x9, sctlr_el1
	cmp	entry_el, #2
	b.ne	.Lsctlr_read
	mrs	x9, sctlr_el2
.Lsctlr_read:
	tbnz	x9, #0, entry_with_mmu
entry_without_mmu:
	stage	'a'
	enter_el1 no_el1
	stage	'b'
	count_instructions
	msr	tpidr_el1, xzr		/* no struct cpu yet */
	adrp	image, image_start
	tst	image, #0x1fffff
	b.ne	move_up

.Lat_home:
	stage	'c'
	/* .data, .bss and the boot stack: drop their lines from the caches before they are written */
	adr_of	data_lo, data_start
	adr_of	bss_hi, bss_end
	adr_of	stack_hi, boot_stack_top
	adr_of	stack_lo, boot_stack
	mov	x0, data_lo
	mov	x1, bss_hi
	bl	drop_lines
	mov	x0, stack_lo
	mov	x1, stack_hi
	bl	drop_lines
	/* .data from its read-only copy, on the first boot and on a restart; 64-byte aligned */
	adr_of	x0, data_pristine
	adr_of	x1, data_end
	mov	x2, data_lo
.Lcopy_data:
	ldp	x3, x4, [x0], #16
	stp	x3, x4, [x2], #16
	cmp	x2, x1
	b.lo	.Lcopy_data
	adr_of	x0, bss_start
	sub	x1, bss_hi, #256
	b	.Lmore_256
.Lclear_256:
	.irp	at, 0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240
	stp	xzr, xzr, [x0, #\at]
	.endr
	add	x0, x0, #256
.Lmore_256:
	cmp	x0, x1
	b.ls	.Lclear_256
	b	.Lmore_16
.Lclear_16:
	stp	xzr, xzr, [x0], #16	/* both edges are 64-byte aligned */
.Lmore_16:
	cmp	x0, bss_hi
	b.lo	.Lclear_16
	adr_of	x19, boot_info
	adr_of	x1, image_end
	sub	x1, x1, image
	stp	fdt, image, [x19, #INFO_FDT]	/* fdt_pa, image_pa */
	mrs	x2, mpidr_el1
	and	x3, x2, #0xff00000000		/* Aff3 */
	and	x2, x2, #0xffffff		/* Aff2..Aff0 */
	orr	x2, x2, x3
	stp	x1, x2, [x19, #INFO_IMAGE + 8]	/* image_len, hwid */
	str	xzr, [x19, #INFO_HWID + 8]	/* entry_counter: the counter began at 0 */
	str	entry_el_32, [x19, #INFO_EL]
	str	entry_type, [x19, #INFO_ENTRY]

	stage	'd'
	mov	sp, stack_hi
	mov	x29, xzr		/* the end of every backtrace */
	mov	x30, xzr
	bl	early_build		/* drops the lines of its tables, before and after */
	ldp	root_image, root_identity, [x0]
	stage	'e'

	/* Written with the MMU off: .data (boot_info in it), .bss (zeros, early_build's variables). */
	mov	x0, data_lo
	mov	x1, bss_hi
	bl	drop_lines

	/* both halves 4K/48; output size of the CPU, at most 48 bits without DS */
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
	mov	x1, root_image
	mov	x2, root_identity
	load_const x3, ARM_MAIR
	load_const x4, ARM_SCTLR_ON
	movz	x5, #:abs_g3:boot_high	/* the link address: deliberately not PC relative */
	movk	x5, #:abs_g2_nc:boot_high
	movk	x5, #:abs_g1_nc:boot_high
	movk	x5, #:abs_g0_nc:boot_high
	b	idmap_switch

/*
 * Entered at a 4 KiB boundary: copy the file up to a 2 MiB boundary at least 8 KiB away (image_home(),
 * boot/boot.h), last bytes first, because the two may overlap.  This code is in the first 8 KiB, below
 * every possible destination.
 */
move_up:
	add	target, image, #0x201, lsl #12
	and	target, target, #~0x1fffff	/* destination */
	adr_of	file_end, data_pristine_end	/* end of the file */
	sub	file_bytes, file_end, image
	mov	x0, target
	add	x1, target, file_bytes
	bl	drop_lines
	add	x1, target, file_bytes
.Lmove_16:
	ldp	x2, x3, [file_end, #-16]!
	stp	x2, x3, [x1, #-16]!
	cmp	file_end, image
	b.hi	.Lmove_16
	mov	x0, target
	add	x1, target, file_bytes
	bl	drop_lines
	ic	iallu			/* drop instructions fetched from the destination before the copy */
	dsb	ish			/* copy and invalidations complete ... */
	isb				/* ... before the first fetch from the destination */
	sub	target, target, image
	adr	x0, .Lat_home
	add	x0, x0, target
	adrp	image, image_start
	add	image, image, target
	br	x0

/*
 * Invalidate the data cache lines of [x0, x1).  A line across an edge also holds bytes of other
 * memory, so it is cleaned too.  Clobbers x2..x4.
 *
 * Stores to Device memory and DC are not ordered without a DMB for both access types (Arm ARM D7.5.9,
 * "Ordering and completion of data and instruction cache instructions").
 */
drop_lines:
	dmb	sy
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4		/* DminLine: log2 of words */
	mov	x3, #4
	lsl	x3, x3, x2
	sub	x4, x3, #1
	tst	x1, x4
	bic	x1, x1, x4
	b.eq	.Llow_edge
	dc	civac, x1
.Llow_edge:
	tst	x0, x4
	bic	x0, x0, x4
	b.eq	.Lrounds
	dc	civac, x0
	add	x0, x0, x3
.Lrounds:
	sub	x4, x1, x3, lsl #3
	b	.Lmore_rounds
.Lround:
	.rept	8			/* lines in a round */
	dc	ivac, x0
	add	x0, x0, x3
	.endr
.Lmore_rounds:
	cmp	x0, x4
	b.ls	.Lround
	b	.Lmore_lines
.Lline:
	dc	ivac, x0
	add	x0, x0, x3
.Lmore_lines:
	cmp	x0, x1
	b.lo	.Lline
	dsb	sy			/* invalidation complete before the memory is used */
	ret

	.org	head + 8192		/* an assembler error if the code that moves the image is longer */

	.text
/*
 * Entered with the MMU on: entry_type, fdt and entry_el are set.  Clean the lines of the image, of the
 * memory that its header requests, and of the tree to memory, then turn MMU and caches off.  If this code
 * is not mapped to itself, boot cannot continue, and no message can be printed.
 */
	.globl	entry_with_mmu
entry_with_mmu:
	adr_of	x0, image_start
	bl	maps_to_itself
	b.ne	.Lhang
	adr_of	x1, image_end
	add	x1, x1, #0x201, lsl #12	/* image_size */
	bl	clean_lines
	cbz	fdt, .Lturn_off
	mov	x0, fdt
	bl	maps_to_itself
	b.ne	.Lturn_off			/* boot/start.c reports it */
	ldr	w1, [fdt, #4]		/* totalsize, if it is a tree */
	rev	w1, w1
	cmp	w1, #0x200, lsl #12
	b.hi	.Lturn_off
	add	x1, fdt, x1
	bl	clean_lines
.Lturn_off:
	cmp	entry_el, #2
	b.eq	.Lturn_off_el2
	mrs	x9, sctlr_el1
	and	x9, x9, #~1		/* M */
	and	x9, x9, #~4		/* C */
	isb				/* Falkor 1041 (arch/arm64/errata.c) */
	msr	sctlr_el1, x9
	b	.Lis_off
.Lturn_off_el2:
	mrs	x9, sctlr_el2
	and	x9, x9, #~1
	and	x9, x9, #~4
	isb
	msr	sctlr_el2, x9
.Lis_off:
	isb				/* the next fetch is physical, at the same address */
	b	entry_without_mmu
.Lhang:
	wfe
	b	.Lhang

no_el1:
	stage	'z'
	b	.Lhang

/* Sets Z if x0 is readable in the current regime and maps to itself.  Clobbers x9, x10. */
maps_to_itself:
	cmp	entry_el, #2
	b.eq	.Ltranslate_el2
	at	s1e1r, x0
	b	.Ltranslated
.Ltranslate_el2:
	at	s1e2r, x0
.Ltranslated:
	isb				/* PAR_EL1 has this translation */
	dmb	sy			/* Cortex-A77 1508412 (arch/arm64/errata.c): before and after the read */
	mrs	x9, par_el1
	dmb	sy
	and	x10, x9, #1		/* F: the translation faults */
	eor	x9, x9, x0
	ubfx	x9, x9, #12, #40
	orr	x9, x9, x10
	cmp	x9, #0
	ret

/* Clean and invalidate [x0, x1) to the point of coherency.  Clobbers x0, x2, x3. */
clean_lines:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4		/* DminLine: log2 of words */
	mov	x3, #4
	lsl	x3, x3, x2
	sub	x2, x3, #1
	bic	x0, x0, x2
.Lclean:
	dc	civac, x0
	add	x0, x0, x3
	cmp	x0, x1
	b.lo	.Lclean
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
