/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/riscv64.S - entry, system calls, threads, and accesses that may fault (user.h).
 */
	.text
	.global _start, system_call, thread_start, try_load, try_store, try_fault
	.global exclusive_add, text_written, text_call
_start:
	mv	s0, zero
	addi	a0, sp, 8		# argc is before the words
	mv	a1, a0
1:	ld	a2, 0(a1)		# the end of the words
	addi	a1, a1, 8
	bnez	a2, 1b
2:	ld	a2, 0(a1)		# the end of the environment
	addi	a1, a1, 8
	bnez	a2, 2b
	call	user_main
	li	a7, 94			# exit_group
	ecall

system_call:
	mv	a7, a0
	mv	a0, a1
	mv	a1, a2
	mv	a2, a3
	mv	a3, a4
	mv	a4, a5
	mv	a5, a6
	ecall
	ret

thread_start:
	addi	a2, a2, -16
	sd	a0, 0(a2)
	sd	a1, 8(a2)
	mv	a1, a2
	li	a0, 0xf11		# CLONE_VM, _FS, _FILES, _SIGHAND; SIGCHLD at its end
	mv	a2, zero
	mv	a3, zero
	mv	a4, zero
	li	a7, 220			# clone
	ecall
	beqz	a0, 1f
	ret
1:	ld	a1, 0(sp)
	ld	a0, 8(sp)
	addi	sp, sp, 16
	mv	s0, zero
	jalr	a1
	mv	a0, zero
	li	a7, 93			# exit
	ecall

try_load:
	ld	a2, 0(a0)
	sd	a2, 0(a1)
	li	a0, 0
	ret
try_store:
	sd	a1, 0(a0)
	li	a0, 0
	ret
try_fault:
	li	a0, 1
	ret

// Between the two the thread is replaced by others of this hart (sched_yield): Linux gives the
// reservation up when it returns from a trap.
exclusive_add:
	mv	t0, a0
	lr.d.aqrl a1, (t0)
	addi	a1, a1, 1
	li	a7, 124
	ecall
	sc.d.rl	a2, a1, (t0)
	beqz	a2, 1f
	li	a1, 1
	amoadd.d.aqrl zero, a1, (t0)
1:	ret

text_written:				// riscv_flush_icache(), of all threads
	add	a1, a0, a1
	li	a2, 0
	li	a7, 259
	ecall
	ret
text_call:
	jr	a0

	.section .rodata, "a"
	.global pc_in_context, text_function, text_shift
	.balign	8
pc_in_context:
	.quad	176			# offsetof(struct ucontext, uc_mcontext.sc_regs.pc)
text_shift:
	.quad	20
text_function:
	.quad	0x00000513		// li a0, 0
	.quad	0x00008067		// ret
	.section .note.GNU-stack, "", %progbits
