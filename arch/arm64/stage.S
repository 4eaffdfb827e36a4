/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/stage.S - print a stage letter (boot/stage.h) before anything is set up: the letter in
 * w10, MMU off.  No stack, no stored pointer.  Clobbers x9, x11 to x15 and the flags.
 */
#include <boot/stage.h>
#include <el1.inc>

	.text
	.globl	stage_letter
stage_letter:
	adr_of	x9, stage_port
	ldrb	w11, [x9, #STAGE_KIND]
	cbz	w11, 4f
	ldr	x11, [x9, #STAGE_ADDRESS]
	ldrh	w12, [x9, #STAGE_STATUS]
	add	x12, x11, x12
	mov	w14, #STAGE_POLLS
	ldrb	w15, [x9, #STAGE_WIDTH]
1:	cmp	w15, #4
	b.eq	2f
	ldrb	w13, [x12]
	b	3f
2:	ldr	w13, [x12]
3:	ldr	w15, [x9, #STAGE_MASK]
	and	w13, w13, w15
	ldr	w15, [x9, #STAGE_BUSY]
	cmp	w13, w15
	ldrb	w15, [x9, #STAGE_WIDTH]
	b.ne	5f
	subs	w14, w14, #1
	b.ne	1b
5:	ldrh	w12, [x9, #STAGE_DATA]
	add	x12, x11, x12
	cmp	w15, #4
	b.eq	6f
	strb	w10, [x12]
	b	7f
6:	str	w10, [x12]
7:	ldrb	w11, [x9, #STAGE_STOP]
	cmp	w10, w11
	b.ne	4f
8:	wfi
	b	8b
4:	ret
