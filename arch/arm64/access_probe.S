/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/access_probe.S - the accesses of access_kinds.c, which may fault.
 *
 * The kernel has no FP: an access through such registers enables them around itself, and restores
 * those that it uses.  A fault resumes at the place that restores them.
 */
#include <fixup.inc>

	.text
	.arch_extension lse

/* int probe_KIND(vaddr_t); `before` does not fault */
	.macro	access_kind name, before, insn:vararg
	.globl	\name
\name:
	\before
1:	\insn
	mov	w0, #0
	ret
	.size	\name, . - \name
	fixup	1b, access_faulted
	.endm

	access_kind probe_store, , str xzr, [x0]
	access_kind probe_pair, , ldp x2, x3, [x0]
	access_kind probe_pair_store, , stp xzr, xzr, [x0]
	access_kind probe_stream, , ldnp x2, x3, [x0]
	access_kind probe_stream_store, , stnp xzr, xzr, [x0]
	access_kind probe_atomic, , ldadd xzr, x2, [x0]
	access_kind probe_acquire, , ldar x2, [x0]
	access_kind probe_release, , stlr xzr, [x0]
	access_kind probe_unaligned, , ldur x2, [x0, #3]
	access_kind probe_crossing, , ldur x2, [x0, #-3]
	access_kind probe_zero, , dc zva, x0
	/* PRFM has no fixup: it generates no fault (C6.2, PRFM) */
	access_kind probe_prefetch, "prfm pldl1keep, [x0]", ldr x2, [x0]

/* A fault of the store alone: the load has used the entry, so the result is 0. */
	.globl	probe_exclusive
probe_exclusive:
1:	ldxr	x2, [x0]
2:	stxr	w3, x2, [x0]
access_succeeded:
	mov	w0, #0
access_faulted:
	ret
	.size	probe_exclusive, . - probe_exclusive
	fixup	1b, access_faulted
	fixup	2b, access_succeeded

/* ---- FP and AdvSIMD ---- */
	.macro	enable bits:vararg
	mrs	x9, cpacr_el1
	mov	x10, x9
	.irp	bit, \bits
	orr	x10, x10, #(3 << \bit)
	.endr
	msr	cpacr_el1, x10
	isb
	.endm

	.macro	disable
	msr	cpacr_el1, x9
	isb
	ret
	.endm

#define FPEN 20
#define ZEN 16
#define SMEN 24

	.macro	vector_kind name, insn:vararg
	.globl	\name
\name:
	enable	FPEN
	stp	q0, q1, [sp, #-32]!
1:	\insn
	mov	w0, #0
2:	ldp	q0, q1, [sp], #32
	disable
	.size	\name, . - \name
	fixup	1b, 2b
	.endm

	.arch_extension fp
	.arch_extension simd
	vector_kind probe_float, ldr d0, [x0]
	vector_kind probe_float_store, str d0, [x0]
	vector_kind probe_vector, ldr q0, [x0]
	vector_kind probe_vector_store, str q0, [x0]
	vector_kind probe_list, ld1 {v0.16b}, [x0]
	vector_kind probe_list_store, st1 {v0.16b}, [x0]
	vector_kind probe_vector_stream, ldnp q0, q1, [x0]
	vector_kind probe_vector_stream_store, stnp q0, q1, [x0]

/* ---- SVE: all elements; its registers are of any size ---- */
	.macro	sve_kind name, insn:vararg
	.globl	\name
\name:
	enable	FPEN, ZEN
	addvl	sp, sp, #-2
	str	z0, [sp]
	str	p0, [sp, #8, mul vl]
	ptrue	p0.b
1:	\insn
	mov	w0, #0
2:	ldr	p0, [sp, #8, mul vl]
	ldr	z0, [sp]
	addvl	sp, sp, #2
	disable
	.size	\name, . - \name
	fixup	1b, 2b
	.endm

	.arch_extension sve
	sve_kind probe_sve, ld1d {z0.d}, p0/z, [x0]
	sve_kind probe_sve_store, st1d {z0.d}, p0, [x0]
	sve_kind probe_sve_stream, ldnt1d {z0.d}, p0/z, [x0]
	sve_kind probe_sve_stream_store, stnt1d {z0.d}, p0, [x0]
	.arch_extension nosve

/* ---- SME: row 0 of ZA, as words, which every assembler knows ---- */
	.macro	sme_kind name, word
	.globl	\name
\name:
	enable	FPEN, SMEN
	.inst	0xd503457f		/* smstart za */
	mov	w12, #0
1:	.inst	\word
	mov	w0, #0
2:	.inst	0xd503447f		/* smstop za */
	disable
	.size	\name, . - \name
	fixup	1b, 2b
	.endm

	sme_kind probe_sme, 0xe1000000	/* ldr za[w12, 0], [x0] */
	sme_kind probe_sme_store, 0xe1200000

/* ---- in Streaming mode (PSTATE.SM), which is entered and left with zeroes in every vector register
 * and ones in the cumulative bits of FPSR; the registers that existed before FEAT_SVE are saved ---- */
	.macro	all_vectors insn
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\insn	q\n, [sp, #16 * \n]
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\insn	q\n, [sp, #16 * \n]
	.endr
	.endm

	.macro	sm_kind name, insn:vararg
	.globl	\name
\name:
	enable	FPEN, SMEN
	mrs	x11, fpsr
	sub	sp, sp, #512
	all_vectors str
	.inst	0xd503437f		/* smstart sm */
1:	\insn
	mov	w0, #0
2:	.inst	0xd503427f		/* smstop sm */
	all_vectors ldr
	add	sp, sp, #512
	msr	fpsr, x11
	disable
	.size	\name, . - \name
	fixup	1b, 2b
	.endm

	sm_kind probe_sm_float, ldr d0, [x0]
	sm_kind probe_sm_float_store, str d0, [x0]
	sm_kind probe_sm_vector, ldr q0, [x0]
	sm_kind probe_sm_vector_store, str q0, [x0]
	.arch_extension sve
	sm_kind probe_sm_sve, ldr z0, [x0]
	sm_kind probe_sm_sve_store, str z0, [x0]
	.arch_extension nosve
