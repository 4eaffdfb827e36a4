/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel of one page: CPU 0 starts CPU 1 by PSCI, reads what it has published, and prints a line (PL011).  MISTAKE: CPU 1
 * publishes without a release. */
	.global _start
_start:
	mrs	x1, mpidr_el1
	and	x1, x1, #0xff
	bl	mmu_on
	cbnz	x1, publish
	ldr	x0, =0xc4000003		/* PSCI CPU_ON */
	mov	x1, #1
	adr	x2, _start
	hvc	#0
	adr	x2, word
	ldr	x3, =data
wait:	ldar	x0, [x2]
	cbz	x0, wait
	ldr	x4, [x3]
	adr	x1, good
	cmp	x4, #42
	adr	x5, bad
	csel	x1, x1, x5, eq
	mov	x2, #0x09000000
print:	ldrb	w0, [x1], #1
	cbz	w0, off
	strb	w0, [x2]
	b	print
off:	ldr	x0, =0x84000008		/* PSCI SYSTEM_OFF */
	hvc	#0
publish:
	mov	x0, #42
	ldr	x3, =data
	str	x0, [x3]
	adr	x2, word
#ifdef MISTAKE
	str	x0, [x2]
#else
	stlr	x0, [x2]
#endif
stop:	wfi
	b	stop
mmu_on:	/* one level of 1 GiB: devices, and RAM by itself.  No CPU has stored to the table: it is clean */
	ldr	x0, =0xff00		/* Attr0 device, Attr1 write-back */
	msr	mair_el1, x0
	ldr	x0, =0x200803519	/* T0SZ 25, walks write-back and shareable, no TTBR1, 40 bits */
	msr	tcr_el1, x0
	adr	x0, table
	msr	ttbr0_el1, x0
	isb
	tlbi	vmalle1			/* the TLB's contents are UNKNOWN at reset */
	dsb	nsh
	isb
	mrs	x0, sctlr_el1
	ldr	x2, =0x1005
	orr	x0, x0, x2
	msr	sctlr_el1, x0
	isb
	ret
	.ltorg
good:	.asciz	"other: pass\n"
bad:	.asciz	"not ok other: old data\n"
	.balign	4096, 0
table:	.quad	0x401, 0x40000705
	.balign	4096, 0
word:	.quad	0
	.balign	4096, 0
data:	.quad	0
