/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/vectors.S - trap entry and exit (stvec, direct mode).
 *
 * sscratch always holds this hart's struct cpu, because user mode is never entered.  The entry
 * trusts nothing else: sp must be inside the worker's stack, the boot stack or the overflow stack
 * with room for a frame and some C, else the frame is stored at the top of the overflow stack and
 * x[0] is 1.  Interrupts stay off until sret.
 */
#include "offsets.h"

#define FRAME_BYTES 304
#define FRAME_SEPC 256
#define FRAME_RECORD 288
#define FRAME_ROOM (FRAME_BYTES + 1024) /* a frame and the first C functions */

	.text
	.balign 4
	.globl trap_vector
trap_vector:
	csrrw tp, sscratch, tp
	sd t0, CPU_SCRATCH + 0(tp)
	sd t1, CPU_SCRATCH + 8(tp)
	sd t2, CPU_SCRATCH + 16(tp)
	mv t2, sp
	andi t0, sp, 15
	bnez t0, 1f
	/* used = top - sp, unsigned: an sp above the top is a huge number */
	li t1, CPU_STACK_BYTES - FRAME_ROOM
	ld t0, CPU_STACK_TOP(tp)
	sub t0, t0, sp
	bleu t0, t1, 2f
	lla t0, boot_stack_top
	sub t0, t0, sp
	bleu t0, t1, 2f
	ld t0, CPU_OVERFLOW_TOP(tp)
	sub t0, t0, sp
	li t1, CPU_OVERFLOW_BYTES - FRAME_ROOM
	bleu t0, t1, 2f
1:	ld sp, CPU_OVERFLOW_TOP(tp)
	addi sp, sp, -FRAME_BYTES
	li t0, 1
	j 3f
2:	addi sp, sp, -FRAME_BYTES
	li t0, 0
3:	sd t0, 0(sp)
	sd t2, 2*8(sp)
	.irp n, 1, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	sd x\n, \n*8(sp)
	.endr
	/* save the interrupted tp, and restore sscratch */
	csrrw t0, sscratch, tp
	sd t0, 4*8(sp)
	ld t0, CPU_SCRATCH + 0(tp)
	ld t1, CPU_SCRATCH + 8(tp)
	ld t2, CPU_SCRATCH + 16(tp)
	sd t0, 5*8(sp)
	sd t1, 6*8(sp)
	sd t2, 7*8(sp)
	csrr t0, sepc
	csrr t1, sstatus
	csrr t2, scause
	csrr t3, stval
	sd t0, FRAME_SEPC + 0(sp)
	sd t1, FRAME_SEPC + 8(sp)
	sd t2, FRAME_SEPC + 16(sp)
	sd t3, FRAME_SEPC + 24(sp)
	/* a frame record, so that a backtrace passes through the interrupted code */
	sd s0, FRAME_RECORD + 0(sp)
	sd t0, FRAME_RECORD + 8(sp)
	addi s0, sp, FRAME_BYTES
	mv a0, sp
	call trap_dispatch

	/*
	 * Drop a reservation the handler may have left (LR without SC): the interrupted code could be
	 * between its own LR and SC on the same word, and SRET need not clear it (privileged spec, "Trap
	 * Return": "Trap handlers should explicitly clear the reservation if required").
	 */
	ld t0, FRAME_SEPC + 0(sp)
	addi t1, sp, FRAME_SEPC
	sc.d zero, t0, (t1)
	ld t1, FRAME_SEPC + 8(sp)
	csrw sepc, t0
	csrw sstatus, t1
	.irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld x\n, \n*8(sp)
	.endr
	ld sp, 2*8(sp)
	sret

/* void arch_call_on_stack(u64 sp, void (*fn)(void *), void *arg) */
	.globl arch_call_on_stack
arch_call_on_stack:
	addi sp, sp, -16
	sd ra, 8(sp)
	sd s0, 0(sp)
	addi s0, sp, 16
	mv sp, a0
	mv a0, a2
	jalr a1
	addi sp, s0, -16
	ld ra, 8(sp)
	ld s0, 0(sp)
	addi sp, sp, 16
	ret

/* u64 arch_frame_address(void): of the caller, which keeps it in s0 */
	.globl arch_frame_address
arch_frame_address:
	mv a0, s0
	ret
