/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walker.c - the translation that hardware performs, written from the architectures' text only.
 *
 * It has its own geometry and decoding; of the engine it uses only the address of the root.  Arm
 * ARM DDI 0487 D8.2-D8.3 for arm64, the privileged specification's Sv39 walk for riscv.
 */
#include "engine.h"
#include <string.h>

struct shape {
	const char *name;
	int depth;
	int low[5]; /* lowest VA bit of a level's index, level 0 first */
	int width[5];
	void (*decode)(u64 raw, int level, struct seen *, u64 *table, bool *is_table);
};

static u64 field(u64 v, int high, int low)
{
	return v >> low & ((2ul << (high - low)) - 1);
}

/* Differences between granules: levels with blocks, runs, the position of high address bits. */
static void arm(u64 raw, int level, struct seen *s, u64 *table, bool *is_table, int page_shift,
		int top_leaf, const int *runs)
{
	u64 span = 1ul << (page_shift + (page_shift - 3) * level);
	bool user = field(raw, 6, 6);

	if (!(raw & 1) || (level == 0 && !(raw & 2)) || (level > top_leaf && !(raw & 2)))
		return;
	*is_table = level && raw & 2;
	if (*is_table || !field(raw, 10, 10)) /* AF clear: a fault */
		return;
	s->mapped = true;
	s->pa = *table & ~(span - 1);
	s->leaf = span;
	s->grain = span;
	s->unit = field(raw, 52, 52) ? span << runs[level] : span;
	s->prot = PT_R | (field(raw, 7, 7) ? 0 : PT_W) | (user ? PT_USER : 0);
	s->prot |= field(raw, user ? 54 : 53, user ? 54 : 53) ? 0 : PT_X;
	s->prot |= field(raw, 11, 11) ? 0 : PT_GLOBAL;
	s->prot |= field(raw, 4, 2) == 1 ? PT_DEVICE : field(raw, 4, 2) == 2 ? PT_NC : 0;
}

static const int runs_4k[] = { 4, 4, 4, 0, 0 }, runs_16k[] = { 7, 5, 0, 0, 0 },
		 runs_64k[] = { 5, 5, 0, 0, 0 };

static void decode_4k(u64 raw, int level, struct seen *s, u64 *table, bool *is_table)
{
	*table = field(raw, 47, 12) << 12;
	arm(raw, level, s, table, is_table, 12, 2, runs_4k);
}

static void decode_4k_ds(u64 raw, int level, struct seen *s, u64 *table, bool *is_table)
{
	*table = field(raw, 49, 12) << 12 | field(raw, 9, 8) << 50;
	arm(raw, level, s, table, is_table, 12, 3, runs_4k);
}

static void decode_16k(u64 raw, int level, struct seen *s, u64 *table, bool *is_table)
{
	*table = field(raw, 47, 14) << 14;
	arm(raw, level, s, table, is_table, 14, 1, runs_16k);
}

static void decode_16k_ds(u64 raw, int level, struct seen *s, u64 *table, bool *is_table)
{
	*table = field(raw, 49, 14) << 14 | field(raw, 9, 8) << 50;
	arm(raw, level, s, table, is_table, 14, 2, runs_16k);
}

static void decode_64k(u64 raw, int level, struct seen *s, u64 *table, bool *is_table)
{
	*table = field(raw, 47, 16) << 16 | field(raw, 15, 12) << 48;
	arm(raw, level, s, table, is_table, 16, 1, runs_64k);
}

static void decode_riscv(u64 raw, int level, struct seen *s, u64 *table, bool *is_table)
{
	u64 span = 4096ul << (9 * level), ppn = field(raw, 53, 10);

	if (!(raw & 1) || (!(raw & 2) && raw & 4) || field(raw, 60, 54) || field(raw, 62, 61) == 3)
		return;
	*table = ppn << 12;
	*is_table = !(raw & 14) && level;
	if (*is_table || !(raw & 14))
		return;
	s->unit = span;
	if (raw >> 63) {
		if (level || (ppn & 15) != 8)
			return;
		s->unit = 65536; /* its 16 entries are identical */
		ppn &= ~15ul;
	}
	if ((ppn << 12) % span || !(raw & 64) || (raw & 4 && !(raw & 128)))
		return;
	s->mapped = true;
	s->pa = ppn << 12;
	s->leaf = span;
	s->grain = s->unit;
	s->prot = (raw & 2 ? PT_R : 0) | (raw & 4 ? PT_W : 0) | (raw & 8 ? PT_X : 0);
	s->prot |= (raw & 16 ? PT_USER : 0) | (raw & 32 ? PT_GLOBAL : 0);
	s->prot |= field(raw, 62, 61) == 2 ? PT_DEVICE : field(raw, 62, 61) == 1 ? PT_NC : 0;
}

static void decode_fake(u64 raw, int level, struct seen *s, u64 *table, bool *is_table)
{
	static const int turns[] = { 5, 12, 19 };
	u64 pfn = 0, bit = 0, span = level ? 2ul << 20 : 4096;

	for (int i = 0; i < turns[level]; i++)
		raw = raw >> 1 | raw << 63;
	if (!(raw & 1) || field(raw, 11, 11))
		return;
	for (int i = 39; i >= 12; i--) { /* Gray code, most significant bit first */
		bit ^= field(raw, i, i);
		pfn = pfn << 1 | bit;
	}
	*table = pfn << 12;
	*is_table = !(raw & 2) && level;
	if (*is_table || !(raw & 2) || level == 2)
		return;
	s->mapped = true;
	s->pa = *table;
	s->leaf = s->grain = span;
	s->unit = field(raw, 9, 9) ? span * 4 : span;
	s->prot = (unsigned)field(raw, 8, 2);
}

static void decode_frag(u64 raw, int level, struct seen *s, u64 *table, bool *is_table)
{
	static const u64 spans[] = { 4096, 1 << 20 };

	if (!(raw & 1))
		return;
	*is_table = !(raw & 2) && level && !field(raw, 8, 2);
	*table = field(raw, 39, 11) << 11;
	if (*is_table || !(raw & 2) || level == 2 || field(raw, 10, 10) || *table % spans[level])
		return;
	s->mapped = true;
	s->pa = *table;
	s->leaf = s->grain = s->unit = spans[level];
	s->prot = (unsigned)field(raw, 8, 2);
}

static const struct shape shapes[] = {
	{ "arm64-4k-39", 3, { 12, 21, 30 }, { 9, 9, 9 }, decode_4k },
	{ "arm64-4k-48", 4, { 12, 21, 30, 39 }, { 9, 9, 9, 9 }, decode_4k },
	{ "arm64-4k-52", 5, { 12, 21, 30, 39, 48 }, { 9, 9, 9, 9, 4 }, decode_4k_ds },
	{ "arm64-16k-36", 2, { 14, 25 }, { 11, 11 }, decode_16k },
	{ "arm64-16k-47", 3, { 14, 25, 36 }, { 11, 11, 11 }, decode_16k },
	{ "arm64-16k-48", 4, { 14, 25, 36, 47 }, { 11, 11, 11, 1 }, decode_16k },
	{ "arm64-16k-52", 4, { 14, 25, 36, 47 }, { 11, 11, 11, 5 }, decode_16k_ds },
	{ "arm64-64k-42", 2, { 16, 29 }, { 13, 13 }, decode_64k },
	{ "arm64-64k-48", 3, { 16, 29, 42 }, { 13, 13, 6 }, decode_64k },
	{ "arm64-64k-52", 3, { 16, 29, 42 }, { 13, 13, 10 }, decode_64k },
	{ "riscv-sv39", 3, { 12, 21, 30 }, { 9, 9, 9 }, decode_riscv },
	{ "riscv-sv48", 4, { 12, 21, 30, 39 }, { 9, 9, 9, 9 }, decode_riscv },
	{ "riscv-sv57", 5, { 12, 21, 30, 39, 48 }, { 9, 9, 9, 9, 9 }, decode_riscv },
	{ "fake-3", 3, { 12, 21, 28 }, { 9, 7, 5 }, decode_fake },
	{ "frag-2k", 3, { 12, 20, 28 }, { 8, 8, 8 }, decode_frag },
};

static const struct shape *shape_of(const struct pt *pt)
{
	static __thread const struct shape *last;

	if (last && !strcmp(last->name, pt->fmt->name))
		return last;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (!strcmp(shapes[i].name, pt->fmt->name))
			return last = &shapes[i];
	fail_msg("walker.c does not know %s", pt->fmt->name);
	return NULL;
}

static u64 word(paddr_t table, u64 index)
{
	u64 v;

	memcpy(&v, (const char *)bench_cells(table) + 8 * index, 8);
	return v;
}

struct seen walker_see(const struct pt *pt, vaddr_t va)
{
	const struct shape *g = shape_of(pt);
	struct seen s = { 0 };
	u64 table = pt->root;

	for (int level = g->depth - 1; level >= 0; level--) {
		u64 index = field(va, g->low[level] + g->width[level] - 1, g->low[level]), next = 0;
		bool is_table = false;

		g->decode(word(table, index), level, &s, &next, &is_table);
		if (!is_table)
			break;
		table = next;
		s.tables++;
	}
	if (s.mapped)
		s.pa = (s.pa & -s.grain) | (va & (s.grain - 1) & -(1ul << g->low[0]));
	return s;
}

struct count {
	const struct pt *pt;
	const struct shape *g;
	u64 lo, last, floor, ceiling_last;
	unsigned tables, empty_inside;
	u64 digest;
};

/* True if a removal would leave the table empty.  Counts these tables. */
static bool count_table(struct count *c, u64 table, int level, u64 base)
{
	u64 n = 1ul << c->g->width[level];
	bool empty = true;

	for (u64 i = 0; i < n; i++) {
		u64 raw = word(table, i), next = 0, va = base + (i << c->g->low[level]);
		u64 last = va + (1ul << c->g->low[level]) - 1;
		bool is_table = false, gone = false;
		struct seen s = { 0 };

		c->digest = (c->digest ^ raw) * 0x9e3779b97f4a7c15ul + i;
		if (!raw)
			continue;
		c->g->decode(raw, level, &s, &next, &is_table);
		if (is_table) {
			bool touched = va <= c->last && last >= c->lo;
			bool below = count_table(c, next, level - 1, va);

			c->tables += touched;
			gone = below && touched && va >= c->floor && last <= c->ceiling_last;
			c->empty_inside += gone;
		}
		empty &= gone;
	}
	return empty;
}

static struct count count_all(const struct pt *pt, vaddr_t va, u64 len, vaddr_t floor,
			      vaddr_t ceiling)
{
	struct count c = { .pt = pt, .g = shape_of(pt), .lo = va, .last = va + len - 1 };
	int top = c.g->depth - 1, bits = c.g->low[top] + c.g->width[top];
	u64 base = va >> 63 ? -(1ul << bits) : 0; /* the upper half ends at 2^64 */

	c.floor = floor;
	c.ceiling_last = ceiling - 1;
	count_table(&c, pt->root, top, base);
	return c;
}

unsigned walker_tables(const struct pt *pt, vaddr_t va, u64 len)
{
	return count_all(pt, va, len, 0, 0).tables;
}

unsigned walker_empty_inside(const struct pt *pt, vaddr_t va, u64 len, vaddr_t floor,
			     vaddr_t ceiling)
{
	return count_all(pt, va, len, floor, ceiling).empty_inside;
}

u64 walker_digest(const struct pt *pt)
{
	return count_all(pt, half_base(pt->fmt), 4096, 0, 0).digest;
}
