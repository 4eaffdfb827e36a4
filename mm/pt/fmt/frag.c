/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/fmt/frag.c - frag-2k: a format that no machine has, with tables smaller than its pages.
 *
 * 4K pages, 256 entries a table (2 KiB: two would fit a page), three levels of 8 bits, leaves at
 * levels 0 and 1, no runs.  Code that takes the size of a table for the size of a page, or 512 for
 * the number of its entries, fails.  The allocator decides whether two tables share a page.
 */
#include <mm/pt/pt_fmt.h>

enum {
	G_VALID = 1 << 0,
	G_LEAF = 1 << 1,
	G_PROT = 127 << 2, /* enum pt_prot, in its order */
	G_SOFT = 1 << 9,
	G_MBZ = 1 << 10,
};

#define PA_BITS 40
#define G_TABLE_PA (BIT(PA_BITS) - BIT(11))
#define G_LEAF_PA (BIT(PA_BITS) - BIT(12))

static u64 span(unsigned level)
{
	return 1ul << (12 + 8 * level);
}

static enum pt_kind kind(pte_t v, unsigned level)
{
	if (!(v & G_VALID))
		return v ? PT_INVALID : PT_EMPTY;
	if (!(v & G_LEAF))
		return level && !(v & G_PROT) ? PT_TABLE : PT_RESERVED;
	return level < 2 && !(v & G_MBZ) && is_aligned(v & G_LEAF_PA, span(level)) ? PT_LEAF
										   : PT_RESERVED;
}

static paddr_t next_table(pte_t v, unsigned level)
{
	return kind(v, level) == PT_TABLE ? v & G_TABLE_PA : PA_NONE;
}

static pte_t leaf(paddr_t pa, enum pt_prot prot, unsigned level, unsigned run_shift)
{
	(void)level, (void)run_shift;
	return pa | G_VALID | G_LEAF | (prot & 127u) << 2;
}

static pte_t table(paddr_t pa, unsigned level)
{
	(void)level;
	return pa | G_VALID;
}

static paddr_t pa_of(pte_t v, unsigned level, vaddr_t va)
{
	if (!(v & G_LEAF))
		return v & G_TABLE_PA;
	return (v & G_LEAF_PA) | (va & (span(level) - 1) & ~(span(0) - 1));
}

static enum pt_prot prot_of(pte_t v, unsigned level)
{
	(void)level;
	return (enum pt_prot)(v >> 2 & 127);
}

static unsigned run_shift_of(pte_t v, unsigned level)
{
	(void)v, (void)level;
	return 0;
}

/* ---- duties: those of fake-3 (docs/PAGETABLES.md, rows F1..F7) ---- */

static u32 duty_new(pte_t new, unsigned level)
{
	if (!(new &G_VALID))
		return 0; /* F1 */
	if (kind(new, level) == PT_TABLE)
		return PT_DUTY_PUBLISH | PT_DUTY_LAZY;                /* F3 */
	return PT_DUTY_PUBLISH_DATA | PT_DUTY_VISIBLE | PT_DUTY_LAZY; /* F2 */
}

static u32 duty(pte_t old, pte_t new, unsigned level, u32 caps)
{
	pte_t diff = (old ^ new) & ~(pte_t)G_SOFT;

	(void)caps;
	if (!(old & G_VALID))
		return duty_new(new, level);
	if (!(new &G_VALID)) /* F4, F5 */
		return kind(old, level) == PT_TABLE ? PT_DUTY_TLBI_WALK : PT_DUTY_TLBI;
	if (!diff)
		return 0; /* F7 */
	if (diff & ~((pte_t)(PT_R | PT_W | PT_X) << 2) || kind(old, level) != PT_LEAF)
		return pt_duty_remade(duty_new(new, level)); /* F6 */
	return PT_DUTY_TLBI;                                 /* F7: any change of rights */
}

static const struct pt_fmt frag_2k = {
	.name = "frag-2k",
	.levels = 3,
	.page_shift = 12,
	.va_bits = 36,
	.half_bits = 36,
	.pa_bits = PA_BITS,
	.pa_linear = true,
	.bits = { 8, 8, 8 },
	.leaf_ok = BIT(0) | BIT(1),
	.pa_mask = { BIT(PA_BITS) - BIT(12), BIT(PA_BITS) - BIT(20) },
	.kind = kind,
	.next = next_table,
	.leaf = leaf,
	.table = table,
	.pa = pa_of,
	.prot = prot_of,
	.run_shift = run_shift_of,
	.duty = duty,
};
PT_FORMAT(frag_2k, frag_2k);
