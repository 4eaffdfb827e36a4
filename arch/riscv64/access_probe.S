/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/access_probe.S - the accesses of access_kinds.c, which may fault.
 *
 * The kernel has no FP: an access through such registers enables them around itself, and restores
 * the one that it uses.  A fault, also as an illegal instruction, resumes at the place that restores
 * sstatus.
 */
#include <fixup.inc>

	.text
/* int probe_KIND(vaddr_t); `before` does not fault */
	.macro ACCESS_KIND name, before, insn:vararg
	.globl \name
\name:
	\before
1:	\insn
	MAY_FAULT 1b, access_failed
	li a0, 0
	ret
	.size \name, . - \name
	.endm
	ACCESS_KIND probe_store, , sd zero, 0(a0)
	ACCESS_KIND probe_atomic, , amoadd.d t0, zero, (a0)
	ACCESS_KIND probe_swap, , amoswap.d t0, zero, (a0)
	ACCESS_KIND probe_unaligned, , ld t0, 3(a0)
	ACCESS_KIND probe_crossing, , ld t0, -3(a0)
	/* Zicboz, CBO.ZERO */
	ACCESS_KIND probe_zero, , .insn i 0x0f, 2, x0, a0, 4
	/* Zihintntl, NTL.ALL: a hint for the next instruction, without effect elsewhere */
	ACCESS_KIND probe_stream, "add x0, x0, x5", ld t0, 0(a0)
	ACCESS_KIND probe_stream_store, "add x0, x0, x5", sd zero, 0(a0)
	/* Zicbop, PREFETCH.R: a hint as well, ORI with the destination x0 */
	ACCESS_KIND probe_prefetch, "ori x0, a0, 1", ld t0, 0(a0)

/* A fault of the store alone: the load has used the entry, so the result is 0. */
	.globl probe_exclusive
probe_exclusive:
1:	lr.d t0, (a0)
2:	sc.d t1, t0, (a0)
access_succeeded:
	li a0, 0
access_failed:
	ret
	.size probe_exclusive, . - probe_exclusive
	MAY_FAULT 1b, access_failed
	MAY_FAULT 2b, access_succeeded

/* ---- D: f0; here and below as words, which every assembler knows ---- */
	.macro FLOAT_KIND name, word
	.globl \name
\name:
	csrr t1, sstatus
	li t0, 3 << 13		/* FS */
	csrs sstatus, t0
1:	.4byte 0xe20003d3	/* fmv.x.d t2, f0 */
2:	.4byte \word
	li a0, 0
3:	.4byte 0xf2038053	/* fmv.d.x f0, t2 */
4:	csrw sstatus, t1
	ret
	.size \name, . - \name
	MAY_FAULT 1b, 4b
	MAY_FAULT 2b, 3b
	.endm
	FLOAT_KIND probe_float, 0x00053007	/* fld f0, 0(a0) */
	FLOAT_KIND probe_float_store, 0x00053027	/* fsd f0, 0(a0) */

/* ---- V: v0 as a whole register, which uses no vtype ---- */
	.macro VECTOR_KIND name, word
	.globl \name
\name:
	csrr t1, sstatus
	li t0, 3 << 9		/* VS */
	csrs sstatus, t0
	mv t2, sp
1:	csrr t0, 0xc22		/* vlenb */
	sub sp, sp, t0
	andi sp, sp, -16
2:	.4byte 0x02810027	/* vs1r.v v0, (sp) */
3:	.4byte \word
	li a0, 0
4:	.4byte 0x02810007	/* vl1re8.v v0, (sp) */
5:	mv sp, t2
	csrw sstatus, t1
	ret
	.size \name, . - \name
	MAY_FAULT 1b, 5b
	MAY_FAULT 2b, 5b
	MAY_FAULT 3b, 4b
	.endm
	VECTOR_KIND probe_vector, 0x02850007		/* vl1re8.v v0, (a0) */
	VECTOR_KIND probe_vector_store, 0x02850027	/* vs1r.v v0, (a0) */
