/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/walk.h - descriptor bits, and functions of regime.c, walk.c, rights.c and hits.c.
 */
#pragma once
#include "cpu.h"
#include <machine/tlb.h>

#define DESC_VALID BIT(0)
#define DESC_TABLE BIT(1)          /* on the last level: a page */
#define DESC_ATTRIBUTES (7ul << 2) /* AttrIndx */
#define DESC_EL0 BIT(6)
#define DESC_READONLY BIT(7)
#define DESC_SHAREABLE (3ul << 8)
#define DESC_AF BIT(10)
#define DESC_NG BIT(11)
#define DESC_DBM BIT(51)
#define DESC_CONTIG BIT(52)
#define DESC_PXN BIT(53)
#define DESC_UXN BIT(54)

/* ---- regime.c ---- */
/* The access bypasses caches by its leaf, or with translation off. */
bool regime_bypasses_cache(const struct a64_cpu *c, enum a64_access access, u64 word);
/* Hardware does not keep the leaf's memory coherent between CPUs. */
bool regime_nonshareable_leaf(const struct a64_cpu *c, const struct regime *r, u64 va, u64 word);

/* ---- walk.c ---- */
u64 walk_output(const struct regime *r, const struct tlb_entry *w, u64 va);
/* The shift of a contiguous run (D8.7.1); 0: the bit has no effect on this level. */
unsigned walk_run_shift(const struct regime *r, unsigned level);
bool walk_sets_dirty(const struct a64_cpu *c); /* dirty state is managed by hardware */

/* ---- rights.c ---- */
bool rights_permit(const struct a64_cpu *c, u64 word, enum a64_access access);

/* ---- hits.c ---- */
enum hit {
	HIT_EITHER,
	HIT_ABORT, /* a TLB conflict abort */
	HIT_MIX,   /* bits of both */
};
/* The result of an access that hits two cached leaves; *mix is valid for HIT_MIX only. */
enum hit hits_two(const struct a64_cpu *c, const struct regime *r, u64 va,
		  const struct tlb_entry *a, const struct tlb_entry *b, struct tlb_entry *mix);
/* ... a cached leaf, and a cached table for the same range. */
enum hit hits_table(void);
