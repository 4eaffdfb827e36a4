/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/el1.h - assembly: from whatever firmware left to EL1 with a known regime.
 *
 * Used by the boot entry and by every secondary, MMU off.  Clobbers x9, x10 and the flags.  A
 * register that is UNKNOWN out of reset and could trap or redirect EL1 is written here.
 */
#pragma once
#include <regs.h>

/* dst = address of sym, PC relative: right at the physical address and at the link address. */
.macro	adr_of dst, sym
	adrp	\dst, \sym
	add	\dst, \dst, :lo12:\sym
.endm

.macro	load_const dst, value
	movz	\dst, #((\value) & 0xffff)
	.if	((\value) >> 16) & 0xffff
	movk	\dst, #(((\value) >> 16) & 0xffff), lsl #16
	.endif
.endm

.macro	enter_el1
	msr	daifset, #15
	load_const x10, ARM_SCTLR_OFF
	mrs	x9, CurrentEL
	cmp	x9, #(2 << 2)
	b.eq	.Lel2_\@
	msr	sctlr_el1, x10
	isb				/* MMU, caches, endianness as written before anything else */
	b	.Lel1_\@

.Lel2_\@:
	msr	sctlr_el1, x10		/* EL1 starts with its MMU off, little endian */
	mov	x9, #(1 << 31)
	msr	hcr_el2, x9		/* RW: EL1 is AArch64; no stage 2, no trap, no routing to EL2 */
	isb				/* E2H and TGE off before registers whose layout they change */
	mov	x9, #0x33ff
	msr	cptr_el2, x9		/* no trap of CPACR_EL1; FP and SVE belong to nobody */
	mov	x9, #3
	msr	cnthctl_el2, x9		/* EL1PCTEN, EL1PCEN: counter and timer of EL1 do not trap */
	msr	cntvoff_el2, xzr	/* virtual count = physical count */
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr		/* VMID 0: TLB entries of this regime carry it */
	mrs	x9, midr_el1
	msr	vpidr_el2, x9		/* what EL1 reads as MIDR_EL1 and MPIDR_EL1 */
	mrs	x9, mpidr_el1
	msr	vmpidr_el2, x9

	/* MDCR_EL2: all event counters belong to EL1 (HPMN = PMCR_EL0.N), nothing traps. */
	mov	x10, xzr
	mrs	x9, id_aa64dfr0_el1
	ubfx	x9, x9, #8, #4		/* PMUVer: 0 and 15 mean no PMUv3 */
	cbz	x9, .Lmdcr_\@
	cmp	x9, #15
	b.eq	.Lmdcr_\@
	mrs	x9, pmcr_el0
	ubfx	x10, x9, #11, #5
.Lmdcr_\@:
	msr	mdcr_el2, x10

	/* Fine-grained traps (FEAT_FGT) and extended configuration (FEAT_HCX). */
	mrs	x9, id_aa64mmfr0_el1
	ubfx	x9, x9, #56, #4
	cbz	x9, .Lnofgt_\@
	msr	S3_4_C1_C1_4, xzr	/* HFGRTR_EL2 */
	msr	S3_4_C1_C1_5, xzr	/* HFGWTR_EL2 */
	msr	S3_4_C1_C1_6, xzr	/* HFGITR_EL2: TLBI and DC among them */
	msr	S3_4_C3_C1_4, xzr	/* HDFGRTR_EL2 */
	msr	S3_4_C3_C1_5, xzr	/* HDFGWTR_EL2 */
.Lnofgt_\@:
	mrs	x9, id_aa64mmfr1_el1
	ubfx	x9, x9, #40, #4
	cbz	x9, .Lnohcx_\@
	msr	S3_4_C1_C2_2, xzr	/* HCRX_EL2 */
.Lnohcx_\@:

	/* GICv3: let EL1 use the system registers; nothing virtual. */
	mrs	x9, id_aa64pfr0_el1
	ubfx	x9, x9, #24, #4
	cbz	x9, .Lnogic_\@
	mrs	x9, S3_4_C12_C9_5	/* ICC_SRE_EL2 */
	orr	x9, x9, #1		/* SRE */
	orr	x9, x9, #8		/* Enable: EL1 may use it too */
	msr	S3_4_C12_C9_5, x9
	isb				/* SRE before it is read back and before ICH registers exist */
	mrs	x9, S3_4_C12_C9_5
	tbz	x9, #0, .Lnogic_\@
	msr	S3_4_C12_C11_0, xzr	/* ICH_HCR_EL2 */
.Lnogic_\@:
	mov	x9, #0x3c5		/* EL1h, DAIF masked */
	msr	spsr_el2, x9
	adr	x9, .Lel1_\@
	msr	elr_el2, x9
	eret				/* context synchronising: all of the above holds at EL1 */
.Lel1_\@:
.endm

/*
 * Event counter 0 counts retired instructions at EL1 from here on (INST_RETIRED, event 8), so that
 * arch_instret_since_entry() starts close to the first instruction.  Clobbers x9, x10.
 */
.macro	count_instructions
	mrs	x9, id_aa64dfr0_el1
	ubfx	x9, x9, #8, #4
	cbz	x9, .Lnopmu_\@
	cmp	x9, #15
	b.eq	.Lnopmu_\@
	mrs	x9, pmcr_el0
	tst	x9, #(31 << 11)		/* N: how many event counters */
	b.eq	.Lnopmu_\@
	mov	x10, #8
	msr	pmevtyper0_el0, x10
	mov	x10, #1
	msr	pmcntenset_el0, x10
	mov	x10, #0x43		/* E, P: enable, zero the event counters; LC */
	msr	pmcr_el0, x10
	isb				/* counting before what follows */
.Lnopmu_\@:
.endm
