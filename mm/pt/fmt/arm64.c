/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/fmt/arm64.c - VMSAv8-64 stage 1, every granule and VA size: encodings and duties.
 *
 * Arm ARM DDI 0487 D8.3 (descriptor formats), D8.4 (access control), D8.6 (memory types), rule
 * R_WHZWS (what needs break-before-make).  Our level 0 is the architecture's level 3.  A geometry
 * is one row at the end.  The position of the address bits beyond 48 depends on the granule:
 *
 *   PA48   4K, 16K             PA[47:12] in place
 *   DS     4K, 16K with LPA2   PA[49:12] in place, PA[51:50] in bits 9:8; shareability is TCR's
 *   HIGH   64K                 PA[47:16] in place, PA[51:48] in bits 15:12 (0 on smaller CPUs)
 *
 * No system instruction and no state, so every image and the host tests link this file.
 */
#include <mm/pt/pt_fmt.h>

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
#define D_PA (BIT(50) - BIT(12))         /* 49:48 are zero without DS */
#define D_SOFT (15ul << 55 | 15ul << 59) /* ignored by the walker */

enum { ATTR_WB = 0 << 2, ATTR_DEVICE = 1 << 2, ATTR_NC = 2 << 2, SH_INNER = 3 << 8 };

enum { PA48, DS, HIGH }; /* style */

/* Bits of a cell that hold address bits, with pages of 1 << page_shift. */
#define PA_BITS(style, shift)                                                                      \
	((int)(style) == (int)DS     ? (BIT(50) - BIT(shift)) | 3ul << 8                           \
	 : (int)(style) == (int)HIGH ? (BIT(48) - BIT(shift)) | 15ul << 12                         \
				     : BIT(48) - BIT(shift))

static pte_t put_pa(paddr_t pa, unsigned style)
{
	if (style == DS)
		return (pa & (BIT(50) - 1)) | pa >> 50 << 8;
	return style == HIGH ? (pa & (BIT(48) - 1)) | pa >> 48 << 12 : pa;
}

static paddr_t get_pa(pte_t v, unsigned page_shift, unsigned style)
{
	if (style == DS)
		return (v & (BIT(50) - BIT(page_shift))) | (v >> 8 & 3) << 50;
	v &= PA_BITS(style, page_shift);
	return style == HIGH ? (v & ~(15ul << 12)) | (v >> 12 & 15) << 48 : v;
}

static bool is_table_cell(pte_t v, unsigned level)
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

/* D8.4: kernel code is never executable at EL0, user code never at EL1. */
static pte_t rights(enum pt_prot prot)
{
	pte_t v = prot & PT_W ? 0 : D_RO;

	if (prot & PT_USER)
		return v | D_USER | D_PXN | (prot & PT_X ? 0 : D_UXN);
	return v | D_UXN | (prot & PT_X ? 0 : D_PXN);
}

static pte_t arm64_leaf_of(paddr_t pa, enum pt_prot prot, unsigned level, unsigned run_shift,
			   unsigned style)
{
	pte_t v = put_pa(pa, style) | D_VALID | D_AF | (style == DS ? 0 : SH_INNER) | rights(prot);

	v |= prot & PT_DEVICE ? ATTR_DEVICE : prot & PT_NC ? ATTR_NC : ATTR_WB;
	v |= prot & PT_GLOBAL ? 0 : D_NG;
	v |= level ? 0 : D_TABLE;
	return v | (run_shift ? D_CONTIG : 0);
}

static paddr_t pa_of(pte_t v, unsigned level, vaddr_t va, unsigned page_shift, unsigned style)
{
	unsigned shift = page_shift + (page_shift - 3) * level;
	paddr_t pa = get_pa(v, page_shift, style);

	if (is_table_cell(v, level))
		return pa;
	return align_down(pa, 1ul << shift) | (va & (BIT(shift) - BIT(page_shift)));
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
	if (is_table_cell(new, level))
		return PT_DUTY_PUBLISH; /* A3 */
	return PT_DUTY_PUBLISH_DATA | PT_DUTY_VISIBLE |
	       (caps & PT_CAP_WALK_ORDERED ? 0 : PT_DUTY_LAZY); /* A2, A2b */
}

static u32 duty_break(pte_t new, unsigned level, u32 caps)
{
	return pt_duty_remade(duty_new(new, level, caps));
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

/* Leaf <-> table, table <-> table: the shape of the translation changes. */
static u32 duty_shape(pte_t old, pte_t new, unsigned level, u32 caps)
{
	u32 duty = is_table_cell(new, level) ? PT_DUTY_PUBLISH : 0;

	if (is_table_cell(old, level) && is_table_cell(new, level))
		return duty_break(new, level, caps); /* A14 */
	if (!(caps & PT_CAP_BBM2))
		return duty_break(new, level, caps); /* A6 */
	duty |= PT_DUTY_TLBI;
	return duty | (is_table_cell(old, level) ? PT_DUTY_TLBI_WALK : 0); /* A6 waived */
}

static u32 duty(pte_t old, pte_t new, unsigned level, u32 caps)
{
	if (!(old & D_VALID))
		return duty_new(new, level, caps);
	if (!(new &D_VALID))
		return is_table_cell(old, level) ? PT_DUTY_TLBI_WALK : PT_DUTY_TLBI; /* A4, A5 */
	if (old == new)
		return 0;
	if (is_table_cell(old, level) || is_table_cell(new, level))
		return duty_shape(old, new, level, caps);
	return duty_leaf(old, new, level, caps);
}

/* ---- geometries ---- */

/* The functions of one granule and address style; r0..r2: log2 entries of a run, by level. */
#define GRANULE(id, shift, style, leaves, r0, r1, r2)                                              \
	enum { id##_shift = shift, id##_style = (int)style, id##_leaves = leaves };                \
	enum { id##_r0 = r0, id##_r1 = r1, id##_r2 = r2 };                                         \
	static enum pt_kind id##_kind(pte_t v, unsigned level)                                     \
	{                                                                                          \
		return kind_of(v, level, leaves);                                                  \
	}                                                                                          \
	static paddr_t id##_next(pte_t v, unsigned level)                                          \
	{                                                                                          \
		return is_table_cell(v, level) ? get_pa(v, shift, style) : PA_NONE;                \
	}                                                                                          \
	static pte_t id##_table(paddr_t pa, unsigned level)                                        \
	{                                                                                          \
		(void)level;                                                                       \
		return put_pa(pa, style) | D_TABLE | D_VALID;                                      \
	}                                                                                          \
	static pte_t id##_leaf(paddr_t pa, enum pt_prot prot, unsigned level, unsigned run_shift)  \
	{                                                                                          \
		return arm64_leaf_of(pa, prot, level, run_shift, style);                           \
	}                                                                                          \
	static paddr_t id##_pa(pte_t v, unsigned level, vaddr_t va)                                \
	{                                                                                          \
		return pa_of(v, level, va, shift, style);                                          \
	}                                                                                          \
	static unsigned id##_run_shift(pte_t v, unsigned level)                                    \
	{                                                                                          \
		static const u8 runs[PT_LEVELS_MAX] = { r0, r1, r2 };                              \
                                                                                                   \
		return v & D_CONTIG ? runs[level] : 0;                                             \
	}

GRANULE(g4k, 12, PA48, 7, 4, 4, 4)
GRANULE(g4k_ds, 12, DS, 15, 4, 4, 4) /* 512 GiB blocks as well, which have no runs */
GRANULE(g16k, 14, PA48, 3, 7, 5, 0)
GRANULE(g16k_ds, 14, DS, 7, 7, 5, 0) /* 64 GiB blocks as well */
GRANULE(g64k, 16, HIGH, 3, 5, 5, 0)  /* 4 TiB blocks need FEAT_LPA: not used */

#define PA_MASK(g, l) PA_BITS(g##_style, g##_shift + (g##_shift - 3) * (l))

/* Index widths follow, level 0 first; the last is the root's, which gets the rest of the VA. */
#define GEOMETRY(id, text, g, va, depth, ...)                                                      \
	static const struct pt_fmt id = {                                                          \
		.name = text,                                                                      \
		.levels = depth,                                                                   \
		.page_shift = g##_shift,                                                           \
		.va_bits = va,                                                                     \
		.half_bits = va,                                                                   \
		.pa_bits = (int)g##_style == (int)PA48 ? 48 : 52,                                  \
		.pa_linear = (int)g##_style == (int)PA48,                                          \
		.pa_window = (int)g##_style == (int)DS ? 50 : 48,                                  \
		.bits = { __VA_ARGS__ },                                                           \
		.run = { g##_r0, g##_r1, (depth) > 2 ? g##_r2 : 0 },                               \
		.leaf_ok = g##_leaves & (BIT(depth) - 1),                                          \
		.pa_mask = { PA_MASK(g, 0), PA_MASK(g, 1), PA_MASK(g, 2), PA_MASK(g, 3) },         \
		.kind = g##_kind,                                                                  \
		.next = g##_next,                                                                  \
		.leaf = g##_leaf,                                                                  \
		.table = g##_table,                                                                \
		.pa = g##_pa,                                                                      \
		.prot = prot_of,                                                                   \
		.run_shift = g##_run_shift,                                                        \
		.duty = duty,                                                                      \
		.table_mask = (int)g##_style == (int)PA48 ? D_TABLE | D_VALID : 0,                 \
		.table_is = D_TABLE | D_VALID,                                                     \
		.table_pa = PA_MASK(g, 0),                                                         \
	};                                                                                         \
	PT_FORMAT(id, id)

GEOMETRY(arm64_4k_39, "arm64-4k-39", g4k, 39, 3, 9, 9, 9);
GEOMETRY(arm64_4k_48, "arm64-4k-48", g4k, 48, 4, 9, 9, 9, 9);
GEOMETRY(arm64_4k_52, "arm64-4k-52", g4k_ds, 52, 5, 9, 9, 9, 9, 4);
GEOMETRY(arm64_16k_36, "arm64-16k-36", g16k, 36, 2, 11, 11);
GEOMETRY(arm64_16k_47, "arm64-16k-47", g16k, 47, 3, 11, 11, 11);
GEOMETRY(arm64_16k_48, "arm64-16k-48", g16k, 48, 4, 11, 11, 11, 1);
GEOMETRY(arm64_16k_52, "arm64-16k-52", g16k_ds, 52, 4, 11, 11, 11, 5);
GEOMETRY(arm64_64k_42, "arm64-64k-42", g64k, 42, 2, 13, 13);
GEOMETRY(arm64_64k_48, "arm64-64k-48", g64k, 48, 3, 13, 13, 6);
GEOMETRY(arm64_64k_52, "arm64-64k-52", g64k, 52, 3, 13, 13, 10);
