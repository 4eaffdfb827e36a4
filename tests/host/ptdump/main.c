/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/ptdump/main.c - mm/kernel/ptdump.c: which entries are one run, 16 runs a walk, counts
 * by attributes, and the lock, which the caller's function does not hold.
 */
#include <fakes/hotplug_lock.h>
#include <kern/cpu.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/ptdump.h>
#include <stdlib.h>
#include <want.h>

#define MOST 200
#define PAGE 4096ul
#define FIRST 0xffff800000000000ul
#define RW (PT_R | PT_W)
#define RWX (PT_R | PT_W | PT_X)
#define CONTIG 0x1000u /* in an entry, here */

static struct pt other_tree;

static struct pt_slot slots[MOST];
static unsigned nr_slots, walks;
static vaddr_t want_va; /* of the first walk; 0: any */
static u64 want_len;

/* An entry is its frame's address | CONTIG | rights. */
static enum pt_prot prot_of(pte_t val, unsigned level)
{
	WANT(level < 3);
	return (enum pt_prot)(val & 0x7f);
}

static paddr_t pa_of(pte_t val, unsigned level, vaddr_t va)
{
	WANT(level < 3 && va);
	return val & ~0x1ffful;
}

static unsigned run_shift_of(pte_t val, unsigned level)
{
	WANT(level < 3);
	return val & CONTIG ? 4 : 0;
}

static const struct pt_fmt fmt = { .page_shift = 13,
				   .levels = 4,
				   .half_bits = 47,
				   .bits = { 9, 9, 9, 9 },
				   .prot = prot_of,
				   .pa = pa_of,
				   .run_shift = run_shift_of };

/* ---- the tree ---- */

static bool asked_for(const struct pt_slot *s, unsigned when)
{
	return when & (s->kind == PT_LEAF    ? PT_ON_LEAF
		       : s->kind == PT_TABLE ? PT_ON_TABLE
					     : PT_ON_OTHER);
}

static int walk(vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	WANT(when & PT_BY_RUNS);
	if (want_va && !walks)
		WANT(va == want_va && len == want_len);
	if (want_va)
		WANT(va + len == want_va + want_len); /* the end stays where it is */
	if (walks++ > 100) {
		printf("# FAIL %s:%d: no end\n", __FILE__, __LINE__);
		exit(1);
	}
	if (!len || va % PAGE)
		return -EINVAL;
	for (unsigned i = 0; i < nr_slots; i++) {
		const struct pt_slot *s = &slots[i];
		int err;

		if (s->va < va || s->va - va >= len)
			continue;
		err = asked_for(s, when) ? visit(s, arg) : 0;
		if (err)
			return err;
	}
	return 0;
}

int pt_walk(const struct pt *pt, vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	WANT(pt == &other_tree && fake_hotplug == HOLD_NONE);
	return walk(va, len, when, visit, arg);
}

int hotplug_walk(vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	WANT(fake_hotplug == HOLD_READ);
	return walk(va, len, when, visit, arg);
}

static void add(vaddr_t va, u64 val, unsigned level, enum pt_kind kind, u32 n)
{
	slots[nr_slots++] =
		(struct pt_slot) { .va = va, .val = val, .level = (u8)level, .kind = kind, .n = n };
}

static void begin(void)
{
	nr_slots = walks = 0;
	want_va = 0;
}

/* ---- reported runs ---- */

static struct ptdump_run told[MOST];
static unsigned nr_told, stop_at; /* stop_at: the function ends the dump with 7 */

static int tell(const struct ptdump_run *r, void *arg)
{
	WANT(arg == told && fake_hotplug == HOLD_NONE && nr_told < MOST);
	told[nr_told++] = *r;
	return nr_told == stop_at ? 7 : 0;
}

static int dump(const struct pt *pt, bool audit, vaddr_t va, u64 len)
{
	nr_told = walks = 0;
	want_va = va;
	want_len = len;
	memset(told, 0x5a, sizeof(told));
	return audit ? ptdump_audit(pt, va, len, tell, told) : ptdump_runs(pt, va, len, tell, told);
}

static void check_run(unsigned i, vaddr_t va, u64 len, u64 n, paddr_t pa, u32 attr)
{
	WANT(told[i].va == va && told[i].len == len && told[i].n == n);
	WANT(told[i].pa == pa && told[i].attr == attr && !told[i].other);
	WANT(pa == PA_NONE || (told[i].raw & ~0x1ffful) == pa);
}

/* ---- runs ---- */

#define P 8192ul /* a page of this format */

/* Pairs: the second continues the first, or differs in one property. */
static const struct {
	u64 val, va;
	unsigned level;
	enum pt_kind kind;
	bool one;
} seconds[] = {
	{ 0x104000 | RW, 2 * P, 0, PT_LEAF, true },
	{ 0x106000 | RW, 2 * P, 0, PT_LEAF, false },          /* other frames */
	{ 0x104000 | RW, 3 * P, 0, PT_LEAF, false },          /* a gap */
	{ 0x104000 | PT_R, 2 * P, 0, PT_LEAF, false },        /* other rights */
	{ 0x104000 | RW | CONTIG, 2 * P, 0, PT_LEAF, false }, /* of a contiguous run */
	{ 0x104000 | RW, 2 * P, 1, PT_LEAF, false },          /* another level */
	{ 0x104000 | RW, 2 * P, 0, PT_INVALID, false },       /* no leaf */
};

static void check_pairs(const struct pt *pt)
{
	for (unsigned i = 0; i < ARRAY_SIZE(seconds); i++) {
		bool leaf = seconds[i].kind == PT_LEAF;

		begin();
		add(FIRST, 0x100000 | RW, 0, PT_LEAF, 2);
		add(FIRST + seconds[i].va, seconds[i].val, seconds[i].level, seconds[i].kind, 3);
		WANT(!dump(pt, false, FIRST, 1ul << 40));
		WANT(nr_told == 2 - seconds[i].one && walks == 1);
		if (seconds[i].one) {
			check_run(0, FIRST, 5 * P, 5, 0x100000, RW);
			continue;
		}
		check_run(0, FIRST, 2 * P, 2, 0x100000, RW);
		WANT(told[1].level == seconds[i].level && told[1].n == 3);
		WANT(told[1].len == 3 * pt_span(&fmt, seconds[i].level));
		WANT(told[1].other == !leaf && told[1].raw == seconds[i].val);
		WANT(told[1].pa == (leaf ? (seconds[i].val & ~0x1ffful) : PA_NONE));
		WANT(told[1].attr ==
		     (leaf ? (seconds[i].val & 0x7f) | (seconds[i].val & CONTIG ? PTDUMP_CONTIG : 0)
			   : 0));
	}
	begin();
	add(FIRST, 1, 0, PT_INVALID, 1);
	add(FIRST + P, 1, 0, PT_RESERVED, 1);
	WANT(!dump(pt, false, FIRST, 1ul << 40) && nr_told == 2 && told[0].other && told[1].other);
}

/* `nr` runs that do not continue each other, each of two entries, up to the end of the address
 * space. */
static void check_many(const struct pt *pt, unsigned nr)
{
	vaddr_t va = 0ul - 3 * nr * P;

	begin();
	for (unsigned i = 0; i < nr; i++)
		for (unsigned k = 0; k < 2; k++)
			add(va + (3 * i + k) * P, (0x100000 + (4 * i + k) * P) | RWX, 0, PT_LEAF,
			    1);
	for (unsigned audit = 0; audit < 2; audit++) {
		stop_at = 0;
		WANT(!dump(pt, audit, va, 0 - va));
		WANT(nr_told == nr && walks == (nr + 15) / 16);
		for (unsigned i = 0; i < nr; i++)
			check_run(i, va + 3 * i * P, 2 * P, 2, 0x100000 + 4 * i * P, RWX);
		for (stop_at = 1; stop_at <= nr; stop_at++)
			WANT(dump(pt, audit, va, 0 - va) == 7 && nr_told == stop_at);
		stop_at = 0;
	}
}

static void check_audit(void)
{
	u64 half = 1ul << fmt.half_bits;

	begin();
	add(0 - half, 0x100000 | RWX, 0, PT_LEAF, 1);
	add(0 - half + P, 0x102000 | RW, 0, PT_LEAF, 1);
	add(0 - half + 2 * P, 0x104000 | PT_R | PT_X, 0, PT_LEAF, 1);
	add(0 - half + 3 * P, 3, 0, PT_INVALID, 1);
	add(0 - P, 0x106000 | RWX, 0, PT_LEAF, 1);
	nr_told = 0;
	want_va = 0 - half;
	want_len = half;
	WANT(!ptdump_audit_kernel(tell, told));
	WANT(nr_told == 2 && told[0].va == 0 - half && told[1].va == 0 - P);
	check_run(0, 0 - half, P, 1, 0x100000, RWX);
	WANT(!dump(&kpt, false, 0 - half, half) && nr_told == 5);
	want_va = 0;
	WANT(ptdump_runs(&kpt, FIRST + 1, P, tell, told) == -EINVAL);
	WANT(ptdump_runs(&other_tree, FIRST, 0, tell, told) == -EINVAL);
}

/* ---- counts ---- */

static void check_counts(const struct pt *pt)
{
	static struct ptdump_counts c;

	begin();
	add(FIRST, 1, 3, PT_TABLE, 1);
	add(FIRST, 1, 2, PT_TABLE, 1);
	add(FIRST, 1, 1, PT_TABLE, 1);
	add(FIRST, 0x100000 | RW, 0, PT_LEAF, 5);
	add(FIRST + 8 * P, 0x200000 | RWX, 0, PT_LEAF, 2);
	add(FIRST + 11 * P, 3, 0, PT_RESERVED, 1);
	add(FIRST + 512 * P, 0x800000 | RW, 1, PT_LEAF, 3);
	add(FIRST + 4096 * P, 1, 1, PT_TABLE, 1);
	add(FIRST + 4096 * P, 0x300000 | RW | CONTIG, 0, PT_LEAF, 16);
	memset(&c, 0, sizeof(c));
	want_va = FIRST;
	want_len = 1ul << 40;
	WANT(!ptdump_count(pt, FIRST, 1ul << 40, &c));
	WANT(walks == 1);
	WANT(c.tables[0] == 2 && c.tables[1] == 1 && c.tables[2] == 1 && !c.tables[3]);
	WANT(c.leaves[0] == 23 && c.leaves[1] == 3 && !c.leaves[2]);
	WANT(c.other == 1 && c.wx == 2 && c.kinds == 3 && !c.rest);
	WANT(c.kind[0].attr == RW && c.kind[0].leaves[0] == 5 && c.kind[0].leaves[1] == 3);
	WANT(c.kind[1].attr == RWX && c.kind[1].leaves[0] == 2 && !c.kind[1].leaves[1]);
	WANT(c.kind[2].attr == (RW | PTDUMP_CONTIG) && c.kind[2].leaves[0] == 16);
}

/* More attributes than there are places. */
static void check_kinds(void)
{
	static struct ptdump_counts c;

	begin();
	for (unsigned i = 0; i < PTDUMP_KINDS + 2; i++)
		for (unsigned k = 0; k < 2; k++)
			add(FIRST + (2 * i + k) * P, 0x100000 | (i + 1), 0, PT_LEAF, i + 1);
	memset(&c, 0, sizeof(c));
	WANT(!ptdump_count(&kpt, FIRST, 1ul << 40, &c));
	WANT(c.kinds == PTDUMP_KINDS);
	WANT(c.rest == 2 * (PTDUMP_KINDS + 1 + PTDUMP_KINDS + 2));
	for (unsigned i = 0; i < PTDUMP_KINDS; i++)
		WANT(c.kind[i].attr == i + 1 && c.kind[i].leaves[0] == 2 * (i + 1));
}

int main(void)
{
	kpt.fmt = other_tree.fmt = &fmt;
	check_pairs(&kpt);
	check_pairs(&other_tree);
	for (unsigned nr = 1; nr < 50; nr++)
		check_many(nr & 1 ? &kpt : &other_tree, nr);
	check_audit();
	check_counts(&kpt);
	check_counts(&other_tree);
	check_kinds();
	printf("ptdump: %u not so\n", want_failed);
	return want_failed != 0;
}
