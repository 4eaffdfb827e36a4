/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel of one page: the hart that boots starts another one by SBI HSM, reads what it has published, and prints a line
 * (ns16550a).  MISTAKE: the other one publishes without a fence. */
	.global _start
_start:
	lla	s1, word
	lla	s2, data
	xori	a0, a0, 1		/* harts 0 and 1: CPUS=2 */
	lla	a1, publish
	li	a2, 0
	li	a6, 0			/* hart_start */
	li	a7, 0x48534d
	ecall
wait:	ld	a0, 0(s1)
	beqz	a0, wait
	fence	r, r
	ld	a1, 0(s2)
	lla	a2, good
	li	a3, 42
	beq	a1, a3, print
	lla	a2, bad
print:	li	a1, 0x10000000
next:	lbu	a0, 0(a2)
	beqz	a0, off
	sb	a0, 0(a1)
	addi	a2, a2, 1
	j	next
off:	li	a0, 0			/* shutdown */
	li	a1, 0
	li	a6, 0
	li	a7, 0x53525354
	ecall
publish:
	lla	s1, word
	lla	s2, data
	li	a0, 42
	sd	a0, 0(s2)
#ifndef MISTAKE
	fence	w, w
#endif
	sd	a0, 0(s1)
stop:	wfi
	j	stop
good:	.asciz	"other: pass\n"
bad:	.asciz	"not ok other: old data\n"
	.balign	4096, 0
word:	.dword	0
	.balign	4096, 0
data:	.dword	0
