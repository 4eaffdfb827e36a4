/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/idmap.S - code that changes the translation regime, in one page mapped at its PA.
 *
 * Everything it needs is in registers: no stack, no literal, no exception (the vectors are at link
 * addresses).  idmap_switch serves the first boot (MMU already off), every later change of
 * geometry and every secondary CPU.
 */
#include <el1.inc>

	.section .idmap.text, "ax"

/*
 * x0 TCR, x1 TTBR1, x2 TTBR0 (maps this page at its PA), x3 MAIR, x4 SCTLR with M, x5 target.
 * Clobbers x9.  Each CPU invalidates its own TLB: the local forms are meant.
 * Unshown (dsb): the DSB after TLBI is also between the stores to the tables and this CPU's first
 * walk; for the DSB after IC: MODEL.md fetch-physical.
 * Unshown (ic): MODEL.md fetch-physical.
 * Unshown (isb): the first is for an erratum (Falkor 1041). The second: a speculative walk would
 * have to start in three instructions of a restart. The third: after a DSB no instruction alters
 * state before the DSB is complete. The fourth: this machine does not translate a fetch again
 * within the frame that the CPU executes. The last two: this page is at its own address with the
 * MMU on and off.
 */
	.globl	idmap_switch
idmap_switch:
	dsb	ish			/* stores to the new tables before any walk of them */
	mrs	x9, sctlr_el1
	bic	x9, x9, #1
	isb				/* Falkor 1041: no fetch is executed ahead of the write that turns the MMU off */
	msr	sctlr_el1, x9
	isb				/* MMU off from here: fetches are physical, data is not touched */
	tlbi	vmalle1			/* entries of the old regime, or of reset: nothing can refill */
	dsb	nsh			/* invalidation complete before the new regime is written */
	isb
	msr	mair_el1, x3
	msr	tcr_el1, x0
	msr	ttbr0_el1, x2
	msr	ttbr1_el1, x1
	isb				/* a complete set of controls before the first walk */
	msr	sctlr_el1, x4
	isb				/* the next fetch uses the identity page */
	ic	iallu			/* nothing fetched under another regime is left */
	dsb	nsh			/* the invalidation completes ... */
	isb				/* ... before the first fetch at the link address */
	br	x5

.macro	leave_kernel
	dsb	ish			/* stores of this kernel before its caches are off */
	load_const x9, ARM_SCTLR_OFF
	isb				/* Falkor 1041 */
	msr	sctlr_el1, x9
	isb				/* MMU and caches off: from here fetches and data are physical */
	tlbi	vmalle1			/* no entry of the old tables survives the restart */
	ic	iallu
	dsb	nsh			/* both complete ... */
	isb				/* ... before the first fetch at the entry */
.endm

/*
 * x0 device tree, x1 target, physical: leave the kernel in the state in which firmware enters.
 * Unshown (tlbi dsb): MODEL.md entry-invalidates.
 * Unshown (ic): MODEL.md fetch-physical.
 */
	.globl	idmap_leave
idmap_leave:
	leave_kernel
	mov	x9, x1
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	br	x9

/*
 * A CPU that is not used again: it waits here, and is interrupted by nothing (DAIF).
 * Unshown (*): only a CPU that firmware cannot turn off executes it.
 */
	.globl	idmap_halt
idmap_halt:
	leave_kernel
1:	wfi
	b	1b

/*
 * x0: two lines of memory, physical.  This CPU stores 1 to the second to report that it waits, and
 * branches to the address that is stored to the first (spin_table.c).  It accesses no other memory
 * but this page.
 * Unshown (tlbi): MODEL.md entry-invalidates.
 * Unshown (ic): MODEL.md fetch-physical.
 * Unshown (dsb): for those of leave_kernel: MODEL.md entry-invalidates. For the one before the
 * report: the next boot stores the address long after the report, and here a store waits for at
 * most age= instructions; the manual gives no bound.
 */
	.globl	idmap_wait
idmap_wait:
	leave_kernel
	str	xzr, [x0]
	mov	x9, #1
	dsb	sy			/* the old address is cleared before the CPU reports that it waits */
	str	x9, [x0, #ARM_LINE_MAX]
1:	ldr	x9, [x0]
	cbnz	x9, 2f
	wfe
	b	1b
2:	br	x9

/* Entry of a CPU that was waiting for an address: MMU off, EL2 or EL1, registers undefined. */
	.globl	spin_entry
spin_entry:
	mrs	x1, mpidr_el1
	and	x2, x1, #0xff00000000	/* Aff3 */
	and	x1, x1, #0xffffff	/* Aff2..Aff0 */
	orr	x1, x1, x2
	adr_of	x2, spin_ids		/* cleaned to the point of coherency by the starter */
	mov	x0, xzr
1:	ldr	x3, [x2, x0, lsl #3]
	cmp	x3, x1
	b.eq	secondary_entry
	add	x0, x0, #1
	cmn	x3, #1			/* ~0 ends the list: this CPU has no record */
	b.ne	1b
2:	wfe
	b	2b

/*
 * Entry of a CPU started by PSCI: physical address, MMU off, x0 = its number.
 * Unshown (dsb): for an erratum (AmpereOne AC04_CPU_23).
 * Unshown (isb): MODEL.md register-at-once. SCTLR_EL1 already has that value where firmware enters
 * with the MMU off.
 */
	.globl	secondary_entry
secondary_entry:
	mov	x11, x0
	enter_el1 2b
	count_instructions
	adr_of	x6, secondary_records	/* cleaned to the point of coherency by the starter */
	add	x6, x6, x11, lsl #6
	ldp	x0, x1, [x6]
	ldp	x2, x3, [x6, #16]
	ldp	x4, x5, [x6, #32]
	ldp	x19, x20, [x6, #48]	/* struct cpu, stack */
	b	idmap_switch
