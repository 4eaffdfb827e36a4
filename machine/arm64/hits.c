/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/hits.c - an access that hits two leaves in the TLB, old and new (D8.17.1, R_WHZWS
 * and the text below R_RTBRL; K1.2.3).  If the change between them needs a break-before-make, the
 * access is a TLB conflict abort, or uses either leaf, or an amalgamation of both.  Otherwise it
 * uses either leaf.
 *
 * FEAT_BBM (D8.17.2).  From level 1 on the Contiguous bit may change without a break, at level 2
 * the size of a leaf as well: then no bits are mixed, but an abort is possible (R_FCPSG, I_HYQMB).
 * bbm=3 is level 2 of a CPU whose vendor excludes the abort.
 */
#include "walk.h"
#include <machine/random.h>
#include <string.h>

enum { CACHE_NONE, CACHE_THROUGH, CACHE_BACK };

/* A nibble of MAIR_EL1 without its allocation hints. */
static unsigned cacheability(u64 nibble)
{
	return (nibble & 15) == 4 ? CACHE_NONE : nibble & 4 ? CACHE_BACK : CACHE_THROUGH;
}

/* Memory type, cacheability and shareability.  Shareability matters for cacheable memory alone, and
 * is in TCR_EL1 where a leaf has an address of 52 bits (D8.6.2). */
static u64 memory_of(const struct a64_cpu *c, const struct regime *r, u64 word)
{
	u64 attr = c->now.mair >> 8 * (word >> 2 & 7) & 255;
	u64 outer = cacheability(attr >> 4), inner = cacheability(attr);

	if (!(attr >> 4))
		return 1ul << 16 | attr;
	if (outer == CACHE_NONE && inner == CACHE_NONE)
		return 1ul << 17;
	return outer << 4 | inner << 2 | (r->ds ? 0 : (word & DESC_SHAREABLE) << 4);
}

/* The newer leaf is global and the older one is not. */
static bool becomes_global(const struct tlb_entry *a, const struct tlb_entry *b)
{
	bool b_is_newer = a->time == b->time ? b->born > a->born : b->time > a->time;

	return (a->word ^ b->word) & (b_is_newer ? a : b)->word & DESC_NG;
}

static bool grants_stores(const struct a64_cpu *c, u64 word)
{
	return !(word & DESC_READONLY) || ((word & DESC_DBM) && walk_sets_dirty(c));
}

/* The two output ranges of the smaller leaf's size have the same contents. */
static bool same_contents(u64 one, u64 other, unsigned shift)
{
	const struct ram_bank *b = memory_bank(one), *o = memory_bank(other);
	u64 bytes = 1ul << shift;

	one = align_down(one, bytes);
	other = align_down(other, bytes);
	if (!b || !o || one < b->base || one + bytes > b->base + b->bytes || other < o->base ||
	    other + bytes > o->base + o->bytes || unplugged_at(one) || unplugged_at(other))
		return false;
	return !memcmp(memory_host(one), memory_host(other), bytes);
}

static bool moved(const struct a64_cpu *c, const struct regime *r, u64 va,
		  const struct tlb_entry *a, const struct tlb_entry *b)
{
	u64 one = walk_output(r, a, va), other = walk_output(r, b, va);

	return one != other &&
	       (grants_stores(c, a->word) || grants_stores(c, b->word) ||
		!same_contents(one, other, a->shift < b->shift ? a->shift : b->shift));
}

/* By the Contiguous bits in the tables: a run may be cached whole and by page at once (D8.7.1). */
static bool run_changed(const struct regime *r, const struct tlb_entry *a,
			const struct tlb_entry *b)
{
	return ((a->word ^ b->word) & DESC_CONTIG) && walk_run_shift(r, a->level);
}

/* ---- bits of both ---- */
/* For one page: each bit, also of the address, is that of one of the leaves.  Where the leaves
 * differ in size, some output bits are those of the input address. */
static struct tlb_entry mix_of(const struct regime *r, u64 va, const struct tlb_entry *a,
			       const struct tlb_entry *b)
{
	u64 page = align_down(va, 1ul << r->granule);
	u64 one = walk_output(r, a, page), other = walk_output(r, b, page);
	u64 low = (1ul << (r->ds ? 50 : 48)) - (1ul << r->granule), mixed = random_u64();
	struct tlb_entry w = *a;

	w.word ^= (a->word ^ b->word) & mixed;
	w.word = (w.word & ~low) | ((one ^ ((one ^ other) & mixed)) & low);
	w.va = page;
	w.time = later_view(a->time, b->time);
	w.shift = r->granule;
	w.level = 0;
	w.kind = TLB_MIX;
	return w;
}

enum hit hits_two(const struct a64_cpu *c, const struct regime *r, u64 va,
		  const struct tlb_entry *a, const struct tlb_entry *b, struct tlb_entry *mix)
{
	bool resized = a->level != b->level, run = !resized && run_changed(r, a, b);
	bool needs_break = (resized && features.bbm < 2) || (run && features.bbm < 1) ||
			   memory_of(c, r, a->word) != memory_of(c, r, b->word) ||
			   becomes_global(a, b) || moved(c, r, va, a, b);

	if ((needs_break || ((resized || run) && features.bbm < 3)) && one_in(2))
		return HIT_ABORT;
	if (!needs_break || one_in(2))
		return HIT_EITHER;
	*mix = mix_of(r, va, a, b);
	return HIT_MIX;
}

/* "For Table descriptors, this also applies to intermediate TLB caching structures" (I_HYQMB). */
enum hit hits_table(void)
{
	return features.bbm < 3 && one_in(2) ? HIT_ABORT : HIT_EITHER;
}
