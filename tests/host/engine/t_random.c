/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * t_random.c - a million random operations against a model, an array of pages.
 *
 * Map, unmap, protect, split, collapse, free_empty with page and leaf alignment, in a window across
 * a boundary of upper tables.  The model knows the mapping of each page; the model and the leaf
 * sizes that the independent walker reads determine whether a request must be refused.  After each
 * request that walker translates the affected pages again, and the mock's TLB must not be stale.
 */
#include "engine.h"
#include <stdio.h>
#include <stdlib.h>

#define LEAVES 6 /* of level 1, in the window */
#define MAX_PAGES (LEAVES * 8192)
#define OPS 1000000

static struct rng rng;
static struct pt *pt;
static vaddr_t base;
static unsigned pages, per_leaf;
static u64 done[8], refused[8];

static struct {
	bool mapped;
	paddr_t pa;
	unsigned prot;
} model[MAX_PAGES];

static vaddr_t va_of(unsigned page)
{
	return base + (u64)page * bench_page;
}

static void check_page(unsigned i)
{
	struct seen s = walker_see(pt, va_of(i));

	if (s.mapped != model[i].mapped ||
	    (s.mapped && (s.pa != model[i].pa || s.prot != model[i].prot)))
		fail_msg("%s: page %u (%#lx): %d %#lx/%x in the tables, %d %#lx/%x in the model, "
			 "seed %#lx",
			 bench_format, i, va_of(i), s.mapped, s.pa, s.prot, model[i].mapped,
			 model[i].pa, model[i].prot, bench_seed);
}

static void check_pages(unsigned first, unsigned n)
{
	for (unsigned i = first; i < first + n; i++)
		check_page(i);
}

/* A range: usually small, sometimes whole leaves, sometimes a leaf with parts of its neighbours. */
static void pick(unsigned *first, unsigned *n)
{
	unsigned leaf = (unsigned)rng_below(&rng, LEAVES) * per_leaf;

	switch (rng_below(&rng, 16)) {
	case 0:
		*first = leaf;
		*n = per_leaf;
		break;
	case 1:
		*first = leaf > 3 ? leaf - 3 : leaf;
		*n = per_leaf + 5;
		break;
	case 2: /* runs of 16 */
		*first = (unsigned)rng_below(&rng, pages) & ~15u;
		*n = 16 * (1 + (unsigned)rng_below(&rng, 4));
		break;
	default:
		*first = (unsigned)rng_below(&rng, pages);
		*n = 1 + (unsigned)rng_below(&rng, 12);
	}
	if (*first + *n > pages)
		*n = pages - *first;
}

static unsigned pick_prot(void)
{
	unsigned prot = PT_R | (rng_next(&rng) & (PT_W | PT_X | PT_GLOBAL));

	return rng_below(&rng, 8) ? prot : prot | PT_NC;
}

/* True if an edge at this page would cut a leaf or a run. */
static bool cuts(unsigned page, unsigned first, unsigned n)
{
	struct seen s = walker_see(pt, va_of(page));
	vaddr_t lo;

	if (!s.mapped)
		return false;
	lo = align_down(va_of(page), s.unit);
	return lo < va_of(first) || lo + s.unit - 1 > va_of(first) + n * bench_page - 1;
}

static bool edges_cut(unsigned first, unsigned n)
{
	return cuts(first, first, n) || cuts(first + n - 1, first, n);
}

static int do_map(unsigned first, unsigned n)
{
	unsigned prot = pick_prot(), max = (unsigned)rng_below(&rng, pt->fmt->levels < 3 ? 2 : 3);
	paddr_t pa = (1 + rng_below(&rng, 1000)) * (per_leaf * bench_page) +
		     first % per_leaf * bench_page;
	bool busy = false;
	int err;

	for (unsigned i = first; i < first + n; i++)
		busy |= model[i].mapped;
	if (!max && rng_below(&rng, 2)) /* pages need not be congruent to the VA */
		pa += bench_page * rng_below(&rng, 64);
	err = run_map(pt, va_of(first), n * bench_page, pa, prot, max, rng_next(&rng) & 1);
	assert_int_equal(err, busy ? -EEXIST : 0);
	for (unsigned i = first; !err && i < first + n; i++) {
		model[i].mapped = true;
		model[i].pa = pa + (i - first) * bench_page;
		model[i].prot = prot;
		assert_true(walker_see(pt, va_of(i)).leaf <= pt_span(pt->fmt, max));
	}
	return err;
}

static int do_unmap(unsigned first, unsigned n)
{
	bool cut = edges_cut(first, n);
	int err;

	for (unsigned i = first; !cut && i < first + n; i++)
		model[i].mapped = false; /* the TLB is checked inside */
	err = run_unmap(pt, va_of(first), n * bench_page);
	assert_int_equal(err, cut ? -EBUSY : 0);
	return err;
}

static int do_protect(unsigned first, unsigned n)
{
	unsigned prot = pick_prot();
	int err, want = edges_cut(first, n) ? -EBUSY : 0;

	err = run_protect(pt, va_of(first), n * bench_page, prot);
	assert_int_equal(err, want);
	for (unsigned i = first; !err && i < first + n; i++)
		model[i].prot = prot;
	return err;
}

static int do_split(unsigned first, unsigned n)
{
	unsigned to = (unsigned)rng_below(&rng, 2);

	assert_int_equal(run_split(pt, va_of(first), n * bench_page, to), 0);
	if (to == 0)
		assert_false(edges_cut(first, n));
	return 0;
}

static int do_collapse(unsigned first, unsigned n)
{
	struct seen s;
	bool fits;

	first = first / per_leaf * per_leaf;
	s = walker_see(pt, va_of(first));
	fits = model[first].mapped && s.leaf == bench_page &&
	       model[first].pa % (per_leaf * bench_page) == 0;
	for (unsigned i = first; i < first + per_leaf; i++)
		fits &= model[i].mapped && model[i].prot == model[first].prot &&
			model[i].pa == model[first].pa + (i - first) * bench_page;
	(void)n;
	assert_int_equal(run_collapse(pt, va_of(first), 1), fits ? 0 : -EINVAL);
	check_pages(first, fits ? per_leaf : 1);
	return fits ? 0 : -EINVAL;
}

static int do_free_empty(unsigned first, unsigned n)
{
	vaddr_t lo = va_of(first), floor = rng_next(&rng) & 1 ? half_base(pt->fmt) : lo;
	vaddr_t ceiling = rng_next(&rng) & 1 ? 0 : lo + n * bench_page;
	unsigned want = walker_empty_inside(pt, lo, n * bench_page, floor, ceiling);

	assert_int_equal(run_free_empty(pt, lo, n * bench_page, floor, ceiling), want);
	return 0;
}

/* Prepare a collapse that can succeed: fill one leaf's worth of congruent pages. */
static int do_line_up(unsigned first, unsigned n)
{
	unsigned lo = first / per_leaf * per_leaf, prot = pick_prot();
	paddr_t pa = (1 + rng_below(&rng, 1000)) * (per_leaf * bench_page);
	vaddr_t va = va_of(lo);

	(void)n;
	if (edges_cut(lo, per_leaf))
		return -EBUSY;
	assert_int_equal(run_unmap(pt, va, per_leaf * bench_page), 0);
	assert_int_equal(run_map(pt, va, per_leaf * bench_page, pa, prot, 0, rng_next(&rng) & 1),
			 0);
	for (unsigned i = 0; i < per_leaf; i++) {
		model[lo + i].mapped = true;
		model[lo + i].pa = pa + i * bench_page;
		model[lo + i].prot = prot;
	}
	check_pages(lo, per_leaf);
	return 0;
}

static void prime_some(unsigned first, unsigned n)
{
	for (unsigned i = 0; i < 4; i++)
		bench_prime(va_of(first + (unsigned)rng_below(&rng, n)));
}

static void one_operation(void)
{
	static int (*const ops[])(unsigned, unsigned) = { do_map,    do_unmap,    do_protect,
							  do_split,  do_collapse, do_free_empty,
							  do_line_up };
	static const u8 weights[] = { 40, 40, 24, 4, 3, 4, 1 };
	unsigned w = (unsigned)rng_below(&rng, 116), op = 0, first, n;
	int err;

	while (w >= weights[op])
		w -= weights[op++];
	pick(&first, &n);
	prime_some(first, n);
	err = ops[op](first, n);
	done[op]++;
	refused[op] += err != 0;
	check_pages(first, n);
}

static void start(const struct pt_fmt *f, unsigned round)
{
	static const u32 caps[] = { 0, PT_CAP_WALK_ORDERED, PT_CAP_BBM2,
				    PT_CAP_BBM2 | PT_CAP_WALK_ORDERED };

	pt = bench_new(f, PT_CAP_CONTIG | PT_CAP_PBMT | caps[round % 4]);
	pt->eager = round & 1;
	per_leaf = pt_entries(f, 0);
	pages = LEAVES * per_leaf;
	base = half_base(f) + upper_span(f) - LEAVES / 2 * pt_span(f, 1);
	if (round % 3 == 1)
		base = -(u64)pages * bench_page; /* up to the end of the address space */
	if (round % 3 == 2)
		base = upper_span(f) - LEAVES / 2 * pt_span(f, 1);
	for (unsigned i = 0; i < pages; i++)
		model[i].mapped = false;
}

static u64 wanted_ops(void)
{
	const char *ops = getenv("ENGINE_OPS");

	return ops ? strtoull(ops, NULL, 0) : OPS;
}

static u64 nr_formats(void)
{
	return (u64)(__stop_reg_formats - __start_reg_formats);
}

static void a_million_operations(void **state)
{
	u64 each = wanted_ops() / nr_formats();

	(void)state;
	rng.state = bench_seed;
	for_each_format(f) for (unsigned round = 0; round < 12; round++)
	{
		start(f, round);
		for (u64 i = 0; i < each / 12 + 1; i++) {
			one_operation();
			if (i % 4096 == 0) {
				check_pages(0, pages);
				assert_int_equal(pt->nr_tables, bench_in_use());
			}
		}
		check_pages(0, pages);
		bench_audit();
	}
	print_message(
		"# random: %lu map (%lu refused), %lu unmap (%lu), %lu protect (%lu), %lu split, "
		"%lu collapse (%lu), %lu free_empty\n",
		done[0], refused[0], done[1], refused[1], done[2], refused[2], done[3], done[4],
		refused[4], done[5]);
}

const struct CMUnitTest random_tests[] = {
	cmocka_unit_test(a_million_operations),
};
TESTS(random_tests);
