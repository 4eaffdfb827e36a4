// SPDX-License-Identifier: BSD-2-Clause
// What a bare program of litmus tests consists of besides the tests: start of all CPUs, a meeting of them, a table of
// states and its output.  TESTS is where the tests are, CPUS their number (bare.py).
//   meet          every CPU waits for all others, with full barriers
//   skew          wait for a random time, so that threads also run one after another, in each order
//   clear         the table of states is empty
//   tally N       count the state, which is N doublewords at TUPLE
//   report N      print each state: its count, then its N values, in hexadecimal; then a `.`
//   leave, stay   switch the machine off; wait for that
	.arch armv8.4-a
	.set TABLE, 0x44102000
	.globl _start
_start:	b begin
	.word 0
	.quad 0, 0x200000, 0xa, 0, 0, 0
	.ascii "ARM\x64"
	.word 0
begin:	adrp x0, table
	movz x5, #0x0401		// device memory, a block
	str x5, [x0]
	movz x5, #0x0705		// normal memory, Inner Shareable
	movk x5, #0x4000, lsl #16
	str x5, [x0, #8]
	dmb sy				// they are in memory; a line of the table may be stale
	dc ivac, x0
	dsb sy
	bl mmu
	movz x0, #0x4410, lsl #16
	str xzr, [x0]			// how many have met
	dmb sy
	mov x20, #1
1:	cmp x20, #CPUS
	b.eq 2f
	movz x0, #3
	movk x0, #0xc400, lsl #16
	mov x1, x20
	adr x2, other
	mov x3, x20
	hvc #0
	add x20, x20, #1
	b 1b
other:	mov x20, x0
	bl mmu
	b 3f
2:	mov x20, #0
3:	movz x0, #0x4400, lsl #16
	add x0, x0, x20, lsl #12
	mov sp, x0
	str xzr, [sp, #8]
	str xzr, [sp, #48]
	adrp x0, vectors
	msr vbar_el1, x0
	isb
	.irp n, 1, 2, 3, 4, 5, 6, 7
	.if \n < CPUS
	cmp x20, #\n
	b.ne 4f
	b cpu\n
4:
	.endif
	.endr
	b cpu0
TESTS
mmu:	adrp x0, table
	mov x5, #0xff00
	msr mair_el1, x5
	ldr x5, =0x280803519		// 39 bits, 4 KiB, write-back, EPD1, 40 bits of output
	msr tcr_el1, x5
	msr ttbr0_el1, x0
	isb
	tlbi vmalle1
	dsb sy
	isb				// or a fetch after the MSR may use what was invalidated (D8.17.8)
	mrs x5, sctlr_el1
	orr x5, x5, #1
	orr x5, x5, #4
	orr x5, x5, #0x1000
	msr sctlr_el1, x5
	isb
	ret
	.ltorg
meet:	ldr x1, [sp, #8]
	add x1, x1, #CPUS
	str x1, [sp, #8]
	movz x2, #0x4410, lsl #16
	dmb sy
1:	ldaxr x3, [x2]
	add x3, x3, #1
	stlxr w4, x3, [x2]
	cbnz w4, 1b
	cmp x3, x1
	b.hs 3f				// the last one begins while its store is still buffered
2:	ldar x3, [x2]
	cmp x3, x1
	b.lo 2b
3:	ret
skew:	ldr x0, [sp]
	mov x1, sp			// of this CPU
	mrs x2, cntvct_el0
	eor x0, x0, x1
	eor x0, x0, x2, lsl #16
	ldr x1, =0x9e3779b97f4a7c15
	mul x0, x0, x1
	eor x0, x0, x0, lsr #32
	mul x0, x0, x1
	lsr x1, x0, #61
	mov x2, #8
	lsl x2, x2, x1
	sub x2, x2, #1			// 7 to 1023
	and x0, x2, x0, lsr #8
1:	cbz x0, 2f
	sub x0, x0, #1
	b 1b
2:	ret
clear:	ldr x1, =TABLE
	str xzr, [x1]
	ret
tally:	ldr x1, =TABLE
	sub x5, x1, #0x1000		// TUPLE
	ldr x2, [x1]			// number of states
	add x4, x1, #8
1:	cbz x2, 4f
	mov x3, #0
2:	cmp x3, x0
	b.eq 3f				// all are equal
	ldr x6, [x5, x3, lsl #3]
	add x3, x3, #1
	ldr x7, [x4, x3, lsl #3]
	cmp x6, x7
	b.eq 2b
	add x4, x4, x0, lsl #3
	add x4, x4, #8
	sub x2, x2, #1
	b 1b
3:	ldr x6, [x4]
	add x6, x6, #1
	str x6, [x4]
	ret
4:	ldr x2, [x1]
	add x2, x2, #1
	str x2, [x1]
	mov x6, #1
	str x6, [x4]
	mov x3, #0
5:	cmp x3, x0
	b.eq 6f
	ldr x6, [x5, x3, lsl #3]
	add x3, x3, #1
	str x6, [x4, x3, lsl #3]
	b 5b
6:	ret
report:	ldr x1, =TABLE
	movz x5, #0x0900, lsl #16
	ldr x2, [x1], #8
1:	cbz x2, 5f
	mov x3, #0
2:	ldr x4, [x1], #8
	mov x6, #60
	clz x7, x4
	cmp x7, #60
	mov x8, #60
	csel x7, x8, x7, hi
	and x7, x7, #60
	sub x6, x6, x7
3:	lsr x7, x4, x6
	and x7, x7, #15
	add x7, x7, #48
	cmp x7, #58
	b.lo 4f
	add x7, x7, #39
4:	str w7, [x5]
	subs x6, x6, #4
	b.pl 3b
	mov x7, #32
	str w7, [x5]
	add x3, x3, #1
	cmp x3, x0
	b.ls 2b
	mov x7, #10
	str w7, [x5]
	sub x2, x2, #1
	b 1b
5:	mov x7, #46
	str w7, [x5]
	mov x7, #10
	str w7, [x5]
	ret
leave:	movz x0, #0x8400, lsl #16
	movk x0, #8
	hvc #0
stay:	b stay
	.ltorg
	.balign 4096
vectors: .skip 0x200			// x28 and x29 are those that a thread names last
	str x28, [sp, #16]
	str x29, [sp, #24]
	mrs x28, esr_el1
	and x29, x28, #0x3f
	eor x29, x29, #0x30
	cbz x29, 3f
	lsr x28, x28, #26
	sub x28, x28, #0x15
	cbz x28, again			// an SVC of a thread: an exception and a return
	ldr x28, [sp, #48]
	cbz x28, leave			// not in a thread
	ldr x28, [sp, #1008]
	sub x28, x28, #1
	cbz x28, 2f
	str x28, [sp, #1008]
	ldr x28, [sp, #40]		// the next record of a fault
	ldr x29, [x28, #-8]
	mrs x28, elr_el1
	sub x29, x29, x28
	cbz x29, 1f			// the instruction of the last one
	ldr x28, [sp, #40]
	and x29, x28, #0xfff
	sub x29, x29, #1120
	cbz x29, 2f
	mrs x29, esr_el1
	str x29, [x28], #8
	mrs x29, far_el1
	str x29, [x28], #8
	mrs x29, elr_el1
	str x29, [x28], #8
	str x28, [sp, #40]
1:	ldr x28, [sp, #32]		// ended, skipped, again or the thread's own handler
	br x28
2:	str xzr, [sp, #40]		// too many
ended:	ldr x28, [sp, #48]
	msr elr_el1, x28
again:	ldr x28, [sp, #16]
	ldr x29, [sp, #24]
	eret
skipped: mrs x28, elr_el1
	add x28, x28, #4
	msr elr_el1, x28
	b again
3:	tlbi vmalle1			// a TLB conflict abort, which herd7 does not have
	dsb nsh
	isb
	b again
	.balign 4096
table:	.skip 4096
