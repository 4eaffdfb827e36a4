/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/fmt/fake.c - fake-3: a format that no machine has, for the tests of the engine.
 *
 * Uneven index widths, a root of 256 bytes, encodings rotated by a level-dependent amount and a
 * page number that is not linear in the cell (Gray code): code that passes the wrong level, assumes
 * that all tables are alike or adds to a cell fails at once.  Its duties are the strictest of all
 * formats, and no capability waives one.
 */
#include <mm/pt/pt_fmt.h>

enum {
	F_VALID = 1 << 0,
	F_LEAF = 1 << 1,
	F_R = 1 << 2,
	F_W = 1 << 3,
	F_X = 1 << 4,
	F_USER = 1 << 5,
	F_GLOBAL = 1 << 6,
	F_DEVICE = 1 << 7,
	F_NC = 1 << 8,
	F_RUN = 1 << 9,
	F_SOFT = 1 << 10,
	F_MBZ = 1 << 11,
};

#define PAGE_SHIFT 12
#define PFN_BITS 28
#define F_PFN ((BIT(PFN_BITS) - 1) << PAGE_SHIFT)
#define RUN_SHIFT 2

static const u8 level_shift[] = { 12, 21, 28 };

static unsigned turn(unsigned level)
{
	return 5 + 7 * level;
}

static pte_t encode(pte_t v, unsigned level)
{
	return v << turn(level) | v >> (64 - turn(level));
}

static pte_t decode(pte_t v, unsigned level)
{
	return v >> turn(level) | v << (64 - turn(level));
}

static u64 gray(u64 n)
{
	return n ^ n >> 1;
}

static u64 ungray(u64 g)
{
	for (unsigned s = 32; s; s >>= 1)
		g ^= g >> s;
	return g;
}

static pte_t put_pa(paddr_t pa)
{
	return gray(pa >> PAGE_SHIFT) << PAGE_SHIFT & F_PFN;
}

static paddr_t get_pa(pte_t d)
{
	return ungray((d & F_PFN) >> PAGE_SHIFT) << PAGE_SHIFT;
}

static bool leaf_legal(pte_t d, unsigned level)
{
	if (level > 1 || !(d & (F_R | F_X)) || (d & F_RUN && level))
		return false;
	return is_aligned(get_pa(d), 1ul << level_shift[level]);
}

static enum pt_kind kind(pte_t v, unsigned level)
{
	pte_t d = decode(v, level);

	if (!(d & F_VALID))
		return v ? PT_INVALID : PT_EMPTY;
	if (d & F_MBZ)
		return PT_RESERVED;
	if (d & F_LEAF)
		return leaf_legal(d, level) ? PT_LEAF : PT_RESERVED;
	return level ? PT_TABLE : PT_RESERVED;
}

static paddr_t next_table(pte_t v, unsigned level)
{
	return kind(v, level) == PT_TABLE ? get_pa(decode(v, level)) : PA_NONE;
}

static pte_t leaf(paddr_t pa, enum pt_prot prot, unsigned level, unsigned run_shift)
{
	pte_t d = put_pa(pa) | F_VALID | F_LEAF | (prot & 127u) << 2;

	d |= prot & (PT_R | PT_X) ? 0 : F_R;
	return encode(d | (run_shift ? F_RUN : 0), level);
}

static pte_t table(paddr_t pa, unsigned level)
{
	return encode(put_pa(pa) | F_VALID, level);
}

static paddr_t pa_of(pte_t v, unsigned level, vaddr_t va)
{
	pte_t d = decode(v, level);
	u64 span = 1ul << level_shift[level];

	if (!(d & F_LEAF))
		return get_pa(d);
	return align_down(get_pa(d), span) | (va & (span - 1) & ~(BIT(PAGE_SHIFT) - 1));
}

static enum pt_prot prot_of(pte_t v, unsigned level)
{
	return (enum pt_prot)(decode(v, level) >> 2 & 127);
}

static unsigned run_shift_of(pte_t v, unsigned level)
{
	return decode(v, level) & F_RUN ? RUN_SHIFT : 0;
}

/* ---- duties: docs/PAGETABLES.md, rows F1..F7 ---- */

static u32 duty_new(pte_t new, unsigned level)
{
	switch (kind(new, level)) {
	case PT_TABLE:
		return PT_DUTY_PUBLISH | PT_DUTY_LAZY; /* F3 */
	case PT_LEAF:
		return PT_DUTY_PUBLISH_DATA | PT_DUTY_VISIBLE | PT_DUTY_LAZY; /* F2 */
	default:
		return 0; /* F1 */
	}
}

static u32 duty(pte_t old, pte_t new, unsigned level, u32 caps)
{
	pte_t diff = decode(old ^ new, level) & ~(pte_t)F_SOFT;

	(void)caps;
	if (!(decode(old, level) & F_VALID))
		return duty_new(new, level);
	if (!(decode(new, level) & F_VALID)) /* F4, F5 */
		return kind(old, level) == PT_TABLE ? PT_DUTY_TLBI_WALK : PT_DUTY_TLBI;
	if (!diff)
		return 0; /* F7 */
	if (diff & ~(pte_t)(F_R | F_W | F_X) || kind(old, level) != PT_LEAF)
		return pt_duty_remade(duty_new(new, level)); /* F6 */
	return PT_DUTY_TLBI;                                 /* F7: any change of rights */
}

#define PA_AT(level, low) ((BIT(PAGE_SHIFT + PFN_BITS) - BIT(low)) << (5 + 7 * (level)))

static const struct pt_fmt fake_3 = {
	.name = "fake-3",
	.levels = 3,
	.page_shift = PAGE_SHIFT,
	.va_bits = 33,
	.half_bits = 33,
	.pa_bits = PAGE_SHIFT + PFN_BITS,
	.pa_linear = false,
	.bits = { 9, 7, 5 },
	.run = { RUN_SHIFT },
	.leaf_ok = BIT(0) | BIT(1),
	.pa_mask = { PA_AT(0, 12), PA_AT(1, 20) },
	.kind = kind,
	.next = next_table,
	.leaf = leaf,
	.table = table,
	.pa = pa_of,
	.prot = prot_of,
	.run_shift = run_shift_of,
	.duty = duty,
};
PT_FORMAT(fake_3, fake_3);
