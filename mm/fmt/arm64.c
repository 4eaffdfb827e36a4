/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/fmt/arm64.c - VMSAv8-64 stage 1, 48-bit output addresses: encodings and duties.
 *
 * Arm ARM DDI 0487 D8.3 (descriptor formats), D8.4 (access control), D8.6 (memory types), rule
 * R_WHZWS (what needs break-before-make).  Our level 0 is the architecture's level 3.  A
 * geometry is one row at the end; the functions are shared by all granules without 52-bit
 * addresses.  Pure: no instruction, no state, linked everywhere.
 */
#include <mm/pt_fmt.h>

enum {
	D_VALID = 1 << 0,
	D_TABLE = 1 << 1, /* level 0: a page; above: a table, clear in a block */
	D_ATTR = 7 << 2,  /* AttrIndx into MAIR: 0 WB, 1 Device-nGnRnE, 2 Normal-NC */
	D_USER = 1 << 6,  /* AP[1] */
	D_RO = 1 << 7,    /* AP[2] */
	D_SH = 3 << 8,
	D_AF = 1 << 10,
	D_NG = 1 << 11,
};

#define D_GP BIT(50)
#define D_DBM BIT(51)
#define D_CONTIG BIT(52)
#define D_PXN BIT(53)
#define D_UXN BIT(54)
#define D_PA (BIT(48) - BIT(12))
#define D_SOFT (15ull << 55 | 15ull << 59) /* ignored by the walker */

enum { ATTR_WB = 0 << 2, ATTR_DEVICE = 1 << 2, ATTR_NC = 2 << 2, SH_INNER = 3 << 8 };

static bool is_table(pte_t v, unsigned level)
{
	return level && (v & 3) == 3;
}

static enum pt_kind kind_of(pte_t v, unsigned level, unsigned leaf_ok)
{
	if (!(v & D_VALID))
		return v ? PT_INVALID : PT_EMPTY;
	if (v & D_TABLE)
		return level ? PT_TABLE : PT_LEAF;
	return level && leaf_ok >> level & 1 ? PT_LEAF : PT_RESERVED;
}

static paddr_t next_table(pte_t v, unsigned level)
{
	return is_table(v, level) ? v & D_PA : PA_NONE;
}

static pte_t table(paddr_t pa, unsigned level)
{
	(void)level;
	return pa | D_TABLE | D_VALID;
}

/* D8.4: kernel code is never executable at EL0, user code never at EL1. */
static pte_t rights(enum pt_prot prot)
{
	pte_t v = prot & PT_W ? 0 : D_RO;

	if (prot & PT_USER)
		return v | D_USER | D_PXN | (prot & PT_X ? 0 : D_UXN);
	return v | D_UXN | (prot & PT_X ? 0 : D_PXN);
}

static pte_t leaf(paddr_t pa, enum pt_prot prot, unsigned level, unsigned run_shift)
{
	pte_t v = pa | D_VALID | D_AF | SH_INNER | rights(prot);

	v |= prot & PT_DEVICE ? ATTR_DEVICE : prot & PT_NC ? ATTR_NC : ATTR_WB;
	v |= prot & PT_GLOBAL ? 0 : D_NG;
	v |= level ? 0 : D_TABLE;
	return v | (run_shift ? D_CONTIG : 0);
}

static paddr_t pa_in_span(pte_t v, u64 span, vaddr_t va, u64 page)
{
	return (v & D_PA & ~(span - 1)) | (va & (span - 1) & ~(page - 1));
}

static enum pt_prot prot_of(pte_t v, unsigned level)
{
	bool user = v & D_USER;
	unsigned prot = PT_R;

	(void)level;
	prot |= v & D_RO ? 0 : PT_W;
	prot |= v & (user ? D_UXN : D_PXN) ? 0 : PT_X;
	prot |= user ? PT_USER : 0;
	prot |= v & D_NG ? 0 : PT_GLOBAL;
	prot |= (v & D_ATTR) == ATTR_DEVICE ? PT_DEVICE : 0;
	prot |= (v & D_ATTR) == ATTR_NC ? PT_NC : 0;
	return prot;
}

/* ---- duties: docs/PAGETABLES.md, rows A1..A14 ---- */

static u32 duty_new(pte_t new, unsigned level, u32 caps)
{
	if (!(new &D_VALID))
		return 0; /* A1 */
	if (is_table(new, level))
		return PT_DUTY_PUBLISH;                                     /* A3 */
	return PT_DUTY_VISIBLE | (caps & PT_CAP_NO_NEG ? 0 : PT_DUTY_LAZY); /* A2 */
}

static u32 duty_break(pte_t new, unsigned level, u32 caps)
{
	return PT_DUTY_BREAK | duty_new(new, level, caps);
}

/* Bits whose 0 -> 1 takes a right away; the opposite gives one. */
#define D_DENY (D_RO | D_PXN | D_UXN)
/* Bits whose 0 -> 1 gives a right. */
#define D_GIVE (D_USER | D_AF | D_DBM)

static u32 duty_leaf(pte_t old, pte_t new, unsigned level, u32 caps)
{
	pte_t diff = (old ^ new) & ~D_SOFT;

	if (!diff)
		return 0; /* A13: software bits only */
	if (diff & (D_PA | D_ATTR | D_SH))
		return duty_break(new, level, caps); /* A6, A7 */
	if (diff & D_CONTIG && !(caps & PT_CAP_BBM2))
		return duty_break(new, level, caps); /* A8 */
	if (diff & D_NG && !(new &D_NG))
		return duty_break(new, level, caps); /* A9: non-global entries may overlap */
	if (diff & ~(D_DENY | D_GIVE))
		return PT_DUTY_TLBI; /* A12: nG 0 -> 1, GP, contiguous under BBM2 */
	if ((new &diff &D_DENY) | (old & diff & D_GIVE))
		return PT_DUTY_TLBI; /* A10: some right was taken away */
	return PT_DUTY_LAZY;         /* A11: rights were only given */
}

/* Leaf <-> table, table <-> table: the shape of what is translated changes. */
static u32 duty_shape(pte_t old, pte_t new, unsigned level, u32 caps)
{
	u32 duty = is_table(new, level) ? PT_DUTY_PUBLISH : 0;

	if (is_table(old, level) && is_table(new, level))
		return duty_break(new, level, caps); /* A14 */
	if (!(caps & PT_CAP_BBM2))
		return duty_break(new, level, caps); /* A6 */
	duty |= PT_DUTY_TLBI;
	return duty | (is_table(old, level) ? PT_DUTY_TLBI_WALK : 0); /* A6 waived */
}

static u32 duty(pte_t old, pte_t new, unsigned level, u32 caps)
{
	if (!(old & D_VALID))
		return duty_new(new, level, caps);
	if (!(new &D_VALID))
		return is_table(old, level) ? PT_DUTY_TLBI_WALK : PT_DUTY_TLBI; /* A4, A5 */
	if (old == new)
		return 0;
	if (is_table(old, level) || is_table(new, level))
		return duty_shape(old, new, level, caps);
	return duty_leaf(old, new, level, caps);
}

/* ---- geometries ---- */

#define LEAF_4K (BIT(0) | BIT(1) | BIT(2))

static enum pt_kind kind_4k(pte_t v, unsigned level)
{
	return kind_of(v, level, LEAF_4K);
}

static paddr_t pa_4k(pte_t v, unsigned level, vaddr_t va)
{
	if (is_table(v, level))
		return v & D_PA;
	return pa_in_span(v, 1ull << (12 + 9 * level), va, 4 * KiB);
}

static unsigned run_shift_4k(pte_t v, unsigned level)
{
	return LEAF_4K >> level & 1 && v & D_CONTIG ? 4 : 0;
}

static const struct pt_fmt arm64_4k_48 = {
	.name = "arm64-4k-48",
	.levels = 4,
	.page_shift = 12,
	.va_bits = 48,
	.half_bits = 48,
	.pa_bits = 48,
	.pa_linear = true,
	.bits = { 9, 9, 9, 9 },
	.run = { 4, 4, 4 },
	.leaf_ok = LEAF_4K,
	.pa_mask = { BIT(48) - BIT(12), BIT(48) - BIT(21), BIT(48) - BIT(30) },
	.kind = kind_4k,
	.next = next_table,
	.leaf = leaf,
	.table = table,
	.pa = pa_4k,
	.prot = prot_of,
	.run_shift = run_shift_4k,
	.duty = duty,
};
PT_FORMAT(arm64_4k_48, arm64_4k_48);
