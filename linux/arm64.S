/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/arm64.S - entry, system calls, threads, and accesses that may fault (user.h).
 */
	.text
	.global _start, system_call, thread_start, try_load, try_store, try_fault
	.global exclusive_add, text_written, text_call
_start:
	mov	x29, xzr
	add	x0, sp, #8		// argc is before the words
	mov	x1, x0
1:	ldr	x2, [x1], #8		// the end of the words
	cbnz	x2, 1b
2:	ldr	x2, [x1], #8		// the end of the environment
	cbnz	x2, 2b
	bl	user_main
	mov	x8, #94			// exit_group
	svc	#0

system_call:
	mov	x8, x0
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	mov	x3, x4
	mov	x4, x5
	mov	x5, x6
	svc	#0
	ret

thread_start:
	stp	x0, x1, [x2, #-16]!
	mov	x1, x2
	mov	x0, #0xf11		// CLONE_VM, _FS, _FILES, _SIGHAND; SIGCHLD at its end
	mov	x2, xzr
	mov	x3, xzr
	mov	x4, xzr
	mov	x8, #220		// clone
	svc	#0
	cbz	x0, 1f
	ret
1:	ldp	x1, x0, [sp], #16
	mov	x29, xzr
	blr	x1
	mov	x0, xzr
	mov	x8, #93			// exit
	svc	#0

try_load:
	ldr	x2, [x0]
	str	x2, [x1]
	mov	w0, wzr
	ret
try_store:
	str	x1, [x0]
	mov	w0, wzr
	ret
try_fault:
	mov	w0, #1
	ret

// Between the two the thread is replaced by others of this CPU (sched_yield): the return from that
// exception clears the monitor (DDI 0487, B2.17.5).
exclusive_add:
	mov	x9, x0
	ldaxr	x10, [x9]
	add	x10, x10, #1
	mov	x8, #124
	svc	#0
	stlxr	w0, x10, [x9]
	cbz	w0, 2f
1:	ldaxr	x10, [x9]
	add	x10, x10, #1
	stlxr	w0, x10, [x9]
	cbnz	w0, 1b
2:	ret

text_written:				// DDI 0487, B2.7.4.2
	add	x1, x0, x1
	mov	x2, x0
1:	dc	cvau, x2
	add	x2, x2, #16		// the smallest line
	cmp	x2, x1
	b.lo	1b
	dsb	ish
1:	ic	ivau, x0
	add	x0, x0, #16
	cmp	x0, x1
	b.lo	1b
	dsb	ish
	isb
	ret
text_call:
	isb
	br	x0

	.section .rodata, "a"
	.global pc_in_context, text_function, text_shift
	.balign	8
pc_in_context:
	.quad	440			// offsetof(struct ucontext, uc_mcontext.pc)
text_shift:
	.quad	5
text_function:
	.quad	0x52800000		// mov w0, #0
	.quad	0xd65f03c0		// ret
	.section .note.GNU-stack, "", %progbits
