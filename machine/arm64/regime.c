/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/regime.c - what TCR_EL1, TTBRn_EL1, MAIR_EL1 and SCTLR_EL1 state of the half of an
 * address: sizes, the root, and the memory type of walks and of leaves.
 */
#include "walk.h"

#define SCTLR_I BIT(12)

static unsigned granule_shift(u64 tcr, unsigned half)
{
	static const u8 low[] = { 12, 16, 14, 12 }, high[] = { 12, 14, 12, 16 };

	return half ? high[tcr >> 30 & 3] : low[tcr >> 14 & 3];
}

static unsigned out_bits(u64 tcr)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52, 52 };
	unsigned n = bits[tcr >> 32 & 7];

	return n < features.pa ? n : (unsigned)features.pa;
}

/* MAIR_EL1: both nibbles write-back, transient or not, with an allocation hint. */
static bool write_back_attribute(u64 attr)
{
	return (attr & 0x44) == 0x44 && (attr & 0x30) && (attr & 3);
}

/* D8.2.12: with the MMU off data accesses are Device-nGnRnE; SCTLR_EL1.C and .I disable caches. */
bool regime_bypasses_cache(const struct a64_cpu *c, enum a64_access access, u64 word)
{
	u64 sctlr = c->at_el2 ? c->el2.sctlr : c->now.sctlr;

	if (!(sctlr & (access == ACCESS_FETCH ? SCTLR_I : SCTLR_C)))
		return true;
	if (!cpu_translates(c))
		return access != ACCESS_FETCH;
	return !write_back_attribute(c->now.mair >> 8 * (word >> 2 & 7) & 255);
}

/* TCR_EL1.IRGN and ORGN of the half: 1 and 3 are write-back. */
static bool walks_bypass(const struct a64_cpu *c, unsigned half)
{
	return (c->now.tcr >> (half ? 24 : 8) & 5) != 5 || !(c->now.sctlr & SCTLR_C);
}

/*
 * Hardware need not keep Non-shareable memory coherent between CPUs (B2.10.1.2, "Non-shareable
 * Normal memory"); Non-cacheable and Device memory is always Outer Shareable.  TCR_EL1 has the
 * domain of walks, and of leaves with an address of 52 bits (D8.6.2).  1 is reserved, and may be 0.
 */
static bool nonshareable_walks(const struct a64_cpu *c, unsigned half)
{
	return !(c->now.tcr >> (half ? 28 : 12) & 2);
}

bool regime_nonshareable_leaf(const struct a64_cpu *c, const struct regime *r, u64 va, u64 word)
{
	return r->ds ? nonshareable_walks(c, va >> 55 & 1) : !(word >> 8 & 2);
}

bool regime_of(const struct a64_cpu *c, u64 va, struct regime *r)
{
	unsigned half = va >> 55 & 1, size = (unsigned)(c->now.tcr >> (half ? 16 : 0) & 63), least;
	u64 ttbr = c->now.ttbr[half];

	r->granule = (u8)granule_shift(c->now.tcr, half);
	r->ds = (c->now.tcr & TCR_DS) && features.lpa2 && r->granule != 16;
	r->lpa = r->granule == 16 && features.pa == 52;
	r->out = (u8)out_bits(c->now.tcr);
	if (r->out == 52 && !r->ds && !r->lpa)
		r->out = 48;
	least = (r->granule == 16 && features.lva) || r->ds ? 12 : 16;
	size = size < least ? least : size > 39 ? 39 : size;
	r->bits = (u8)(64 - size);
	r->hpd = false;
	r->bypass = walks_bypass(c, half);
	r->nonshareable = !r->bypass && nonshareable_walks(c, half);
	r->asid = (u16)(c->now.ttbr[c->now.tcr & TCR_A1 ? 1 : 0] >> 48);
	if (!(c->now.tcr >> 36 & 1) || features.asid < 16)
		r->asid &= 255;
	r->table = ttbr & 0xfffffffffffeul;
	if (r->out == 52)
		r->table = (r->table & ~63ul) | (ttbr >> 2 & 15) << 48;
	if (c->now.tcr >> (half ? 23 : 7) & 1)
		return false;
	return half ? va >> r->bits == ~0ul >> r->bits : !(va >> r->bits);
}

u64 walk_untagged(const struct a64_cpu *c, u64 va)
{
	bool ignored = c->now.tcr >> (va >> 55 & 1 ? 38 : 37) & 1;

	return ignored ? (u64)((s64)(va << 8) >> 8) : va;
}
