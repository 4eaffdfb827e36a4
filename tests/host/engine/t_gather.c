/* SPDX-License-Identifier: BSD-2-Clause */
/* t_gather.c - one invalidation, then the frees; frames are freed by size and provenance (S0-36,
 * S0-37). */
#include "engine.h"
#include <string.h>

static const struct pt_fmt *sv39(void)
{
	bench_format = "riscv-sv39";
	return pt_fmt_find("sv39");
}

static void nothing_owed_flushes_to_nothing(void **state)
{
	struct pt *pt = bench_new(sv39(), 0);
	struct pt_gather g;

	(void)state;
	pt_gather_begin(&g, pt, NULL, 0);
	assert_int_equal(pt->nr_gathers, 1);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	assert_int_equal(bench.invals, 0);
	assert_null(g.pt);
	bench_audit();
}

static void spans_merge_and_add_up(void **state)
{
	struct pt *pt = bench_new(sv39(), 0);
	struct pt_span store[3];
	struct pt_gather g;

	(void)state;
	pt_gather_begin(&g, pt, store, 3);
	assert_int_equal(pt_gather_span(&g, 0x1000, 2, PAGE_BUDDY), 0);
	assert_int_equal(pt_gather_span(&g, 0x3000, 510, PAGE_BUDDY), 0);
	assert_int_equal(g.nr_spans, 1);
	assert_int_equal(store[0].nr, 512);
	assert_int_equal(pt_gather_span(&g, 0x201000, 1, PAGE_ALTMAP), 0); /* another class */
	assert_int_equal(pt_gather_span(&g, 0, 1, PAGE_ALTMAP), 0);        /* physical 0 is RAM */
	assert_int_equal(pt_gather_span(&g, 0x5000, 1, PAGE_ALTMAP), -ENOMEM);
	assert_int_equal(g.nr_spans, 3);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	assert_int_equal(bench.span_pages, 514);
	bench_audit();
}

/* Frames are freed only after the one invalidation, for any order of the earlier calls. */
static void flush_comes_before_free(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		struct pt_span store[1];
		vaddr_t va = half_base(f);
		struct pt_gather g;
		struct pt_plan p;

		assert_int_equal(run_map(pt, va, 64 * bench_page, 0, RWG, 0, false), 0);
		for (u64 i = 0; i < 64; i++)
			bench_prime(va + i * bench_page);
		assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, va, 64 * bench_page, 0, 0, NULL), 0);
		pt_gather_begin(&g, pt, store, 1);
		assert_int_equal(pt_gather_span(&g, 0, 64, PAGE_BUDDY), 0);
		bench_order_reset();
		pt_unmap(&p, &g);
		pt_free_empty(pt, va, 64 * bench_page, va, 0, &g);
		assert_int_equal(g.nr_leaves, 64);
		assert_null(strpbrk(bench.order, "IFS"));
		pt_gather_flush(&g);
		assert_null(strpbrk(bench.order, "FS"));
		pt_gather_release(&g); /* free_span() checks the TLB for stale entries */
		pt_plan_end(&p);
		assert_int_equal(bench.invals, 1);
		assert_true(strchr(bench.order, 'I') < strpbrk(bench.order, "FS"));
		assert_int_equal(bench.span_pages, 64);
		bench_audit();
	}
}

static void releasing_unflushed_asserts(void **state)
{
	struct pt *pt = bench_new(sv39(), 0);
	static struct pt_gather g; /* static: must survive longjmp() */
	static struct pt_plan p;
	vaddr_t va = half_base(pt->fmt);

	(void)state;
	pt_gather_begin(&g, pt, NULL, 0);
	assert_true(asserts(pt_gather_release(&g)));
	assert_int_equal(run_map(pt, va, 2 * bench_page, 0, RWG, 0, false), 0);
	assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, va, 2 * bench_page, 0, 0, NULL), 0);
	pt_gather_flush(&g);
	pt_unmap(&p, &g); /* new duties after the flush */
	assert_true(asserts(pt_gather_release(&g)));
	pt_gather_flush(&g);
	pt_gather_release(&g);
	pt_plan_end(&p);
	assert_int_equal(bench.invals, 1);
	assert_true(asserts(pt_gather_flush(&g)));
	assert_true(asserts(pt_gather_release(&g)));
	bench_audit();
}

static void ranges_grow_to_the_top(void **state)
{
	struct pt *pt = bench_new(sv39(), 0);
	struct pt_gather g;
	struct pt_plan p;

	(void)state;
	assert_int_equal(run_map(pt, -bench_page, bench_page, 0, RWG, 0, false), 0);
	assert_int_equal(run_map(pt, -64 * MiB, 2 * MiB, 0, RWG, 1, false), 0);
	pt_gather_begin(&g, pt, NULL, 0);
	assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, -bench_page, bench_page, 0, 0, NULL), 0);
	pt_unmap(&p, &g);
	pt_plan_end(&p);
	assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, -64 * MiB, 2 * MiB, 0, 0, NULL), 0);
	pt_unmap(&p, &g);
	pt_plan_end(&p);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	assert_int_equal(bench.invals, 1);
	assert_int_equal(bench.last_inval.lo, -64 * MiB);
	assert_int_equal(bench.last_inval.hi, 0);
	assert_int_equal(bench.last_inval.levels, 3);
	bench_audit();
}

/* The duties of two gathers move to the third as one invalidation: hull, levels, tables.  The two
 * are closed.
 */
static void moved_duties_are_one(void **state)
{
	struct pt *pt = bench_new(sv39(), 0);
	static struct pt_gather g[3]; /* static: must survive longjmp() */
	struct pt_plan p;

	(void)state;
	assert_int_equal(run_map(pt, -bench_page, bench_page, 0, RWG, 0, false), 0);
	assert_int_equal(run_map(pt, -64 * MiB, 2 * MiB, 0, RWG, 1, false), 0);
	for (unsigned i = 0; i < 3; i++)
		pt_gather_begin(&g[i], pt, NULL, 0);
	assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, -bench_page, bench_page, 0, 0, NULL), 0);
	pt_unmap(&p, &g[1]);
	pt_plan_end(&p);
	g[1].inval.walk = true;
	assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, -64 * MiB, 2 * MiB, 0, 0, NULL), 0);
	pt_unmap(&p, &g[2]);
	pt_plan_end(&p);
	pt_gather_flush(&g[0]); /* an earlier flush does not cover the moved duties */
	pt_gather_move(&g[0], &g[1]);
	pt_gather_move(&g[0], &g[2]);
	assert_int_equal(bench.invals, 0);
	assert_true(asserts(pt_gather_release(&g[0])));
	assert_true(asserts(pt_gather_flush(&g[1])));
	assert_true(asserts(pt_gather_move(&g[0], &g[2])));
	pt_gather_flush(&g[0]);
	pt_gather_release(&g[0]);
	assert_int_equal(bench.invals, 1);
	assert_int_equal(bench.last_inval.lo, -64 * MiB);
	assert_int_equal(bench.last_inval.hi, 0);
	assert_int_equal(bench.last_inval.levels, 3);
	assert_true(bench.last_inval.walk);
	bench_audit();
}

/* A tree that no CPU has loaded needs no invalidation; once loaded, it does. */
static void fresh_trees_owe_nothing(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_fresh(f, PT_CAP_CONTIG | PT_CAP_PBMT);
		vaddr_t va = half_base(f);

		assert_int_equal(run_map(pt, va, 4 * pt_span(f, 1), 0, RWG, 1, true), 0);
		assert_int_equal(run_split(pt, va, bench_page, 0), 0);
		assert_int_equal(run_protect(pt, va, bench_page, PT_R), 0);
		assert_int_equal(run_collapse(pt, va + pt_span(f, 1), 1), -EINVAL);
		assert_int_equal(run_unmap(pt, va, 4 * pt_span(f, 1)), 0);
		run_free_empty(pt, va, 4 * pt_span(f, 1), va, 0);
		assert_int_equal(bench.invals + bench.publishes + bench.visibles, 0);
		bench_audit();
	}
}

/* LAZY without a gather: the fault path handles it, or it is broadcast at once if the tree is
 * eager. */
static void lazy_is_a_choice(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		vaddr_t va = half_base(f);

		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(bench.invals, 0);
		pt->eager = true;
		assert_int_equal(run_map(pt, va + bench_page, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(bench.invals, 1);
		assert_int_equal(bench.last_inval.lo, va + bench_page);
		pt->caps = PT_CAP_WALK_ORDERED;
		assert_int_equal(run_map(pt, va + 2 * bench_page, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(bench.invals, f->name[0] == 'a' ? 1 : 2);
		bench_audit();
	}
}

/* The fault path also handles VISIBLE if the tree is unfenced, but not a broadcast. */
static void visible_is_a_choice(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		vaddr_t va = half_base(f);

		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(bench.visibles, 1);
		pt->unfenced = true;
		assert_int_equal(run_map(pt, va + bench_page, bench_page, 0, RWG, 0, false), 0);
		pt_visible_here(pt, va, bench_page);
		assert_int_equal(bench.visibles, 1);
		assert_int_equal(bench.invals, 0);
		pt->eager = true;
		assert_int_equal(run_map(pt, va + 2 * bench_page, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(bench.visibles, 1);
		assert_int_equal(bench.invals, 1);
		bench_audit();
	}
}

const struct CMUnitTest gather_tests[] = {
	cmocka_unit_test(nothing_owed_flushes_to_nothing),
	cmocka_unit_test(spans_merge_and_add_up),
	cmocka_unit_test(flush_comes_before_free),
	cmocka_unit_test(releasing_unflushed_asserts),
	cmocka_unit_test(ranges_grow_to_the_top),
	cmocka_unit_test(moved_duties_are_one),
	cmocka_unit_test(fresh_trees_owe_nothing),
	cmocka_unit_test(lazy_is_a_choice),
	cmocka_unit_test(visible_is_a_choice),
};
TESTS(gather_tests);
