/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/stage.S - print a stage letter (boot/stage.h) before anything is set up: the letter in
 * t0, satp 0.  No stack, no stored pointer.  Clobbers a0, a1, a6, a7 and t0 to t6.
 */
#include <boot/stage.h>

	.text
	.globl stage_letter
stage_letter:
	lla t1, stage_port
	lbu t2, STAGE_KIND(t1)
	beqz t2, 9f
	li t3, STAGE_SBI
	beq t2, t3, 7f
	ld t2, STAGE_ADDRESS(t1)
	lhu t3, STAGE_STATUS(t1)
	add t3, t3, t2
	lhu t4, STAGE_DATA(t1)
	add t2, t2, t4
	lwu t4, STAGE_MASK(t1)
	lwu t5, STAGE_BUSY(t1)
	lbu a1, STAGE_WIDTH(t1)
	addi a1, a1, -4
	li t6, STAGE_POLLS
1:	beqz a1, 2f
	lbu a0, 0(t3)
	j 3f
2:	lwu a0, 0(t3)
3:	and a0, a0, t4
	bne a0, t5, 4f
	addi t6, t6, -1
	bnez t6, 1b
4:	beqz a1, 5f
	sb t0, 0(t2)
	j 8f
5:	sw t0, 0(t2)
	j 8f
7:	mv a0, t0
	li a7, 1           /* legacy console_putchar: DBCN is younger than many boards' firmware */
	ecall
8:	lbu t2, STAGE_STOP(t1)
	bne t0, t2, 9f
6:	wfi
	j 6b
9:	ret
