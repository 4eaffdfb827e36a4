/* SPDX-License-Identifier: BSD-2-Clause */
/* t_exact.c - an operation requests exactly the work that it needs: a wider invalidation, a larger
 * count or a second flush is correct but wasteful.  Generated mutants showed that other tests miss
 * these. */
#include "engine.h"

/* One empty table in a live tree, which walk caches may hold. */
static void free_slot_invalidates_its_slot(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		vaddr_t va = half_base(f) + 3 * pt_span(f, 1);
		struct pt_gather g;
		unsigned tables;

		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(run_unmap(pt, va, bench_page), 0);
		tables = bench_in_use();
		pt_gather_begin(&g, pt, NULL, 0);
		assert_true(pt_free_slot(pt, va, 1, &g));
		assert_false(pt_free_slot(pt, va, 1, &g)); /* already unhooked */
		pt_gather_flush(&g);
		pt_gather_release(&g);
		assert_int_equal(bench_in_use(), tables - 1);
		assert_int_equal(bench.last_inval.lo, va);
		assert_int_equal(bench.last_inval.hi, va + pt_span(f, 1));
		assert_int_equal(bench.last_inval.levels, 0);
		assert_true(bench.last_inval.walk);
		run_free_empty(pt, half_base(f), pt_span(f, 1), half_base(f), 0);
	}
}

static int give_write(struct pt_page_entry *e, void *arg)
{
	(void)arg;
	e->prot = RWG;
	return 0;
}

static void apply_write(struct pt *pt, vaddr_t va, struct pt_gather *g)
{
	struct pt_plan p;

	assert_int_equal(pt_plan(pt, &p, PT_OP_EXISTING, va, bench_page, 0, 0, NULL), 0);
	assert_int_equal(pt_apply(&p, give_write, NULL, g, NULL), 0);
	pt_plan_end(&p);
	assert_true(walker_see(pt, va).prot & PT_W);
}

static void protect_write(struct pt *pt, vaddr_t va, struct pt_gather *g)
{
	struct pt_plan p;

	assert_int_equal(pt_plan(pt, &p, PT_OP_PROTECT, va, bench_page, 0, 0, NULL), 0);
	pt_protect(&p, (enum pt_prot)RWG, g);
	pt_plan_end(&p);
	assert_true(walker_see(pt, va).prot & PT_W);
}

static void given_once(void (*write)(struct pt *pt, vaddr_t va, struct pt_gather *g))
{
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		pte_t few = f->leaf(0, PT_R | PT_GLOBAL, 0, 0), more = f->leaf(0, RWG, 0, 0);
		vaddr_t va = half_base(f);
		struct pt_gather g;
		u64 before;

		if (f->duty(few, more, 0, 0) != PT_DUTY_LAZY)
			continue;
		pt->eager = true;
		assert_int_equal(run_map(pt, va, 2 * bench_page, 0, PT_R | PT_GLOBAL, 0, false), 0);
		before = bench.invals;
		write(pt, va, NULL);
		assert_int_equal(bench.invals, before + 1);
		pt_gather_begin(&g, pt, NULL, 0);
		write(pt, va + bench_page, &g);
		assert_int_equal(bench.invals, before + 1);
		pt_gather_flush(&g);
		pt_gather_release(&g);
		assert_int_equal(bench.invals, before + 2);
		assert_int_equal(bench.last_inval.lo, va + bench_page);
		assert_int_equal(bench.last_inval.levels, 1);
		bench_audit();
	}
}

/* An eager tree: a gather collects the invalidation; without a gather it is broadcast at once. */
static void given_rights_are_broadcast_once(void **state)
{
	(void)state;
	given_once(apply_write);
	given_once(protect_write);
}

/* Slots that are already shared are not stored again. */
static void sharing_again_stores_nothing(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0), to = *pt;
		vaddr_t va = half_base(f);
		unsigned slot = pt_index(f, f->levels - 1u, va), n = 0;
		u64 publishes;

		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		to.root = pt->env->alloc(pt, 0);
		to.own_lo = to.own_hi = 0;
		for (; n < 2; n++) {
			publishes = bench.publishes;
			pt_share_root(&to, pt, slot, slot + 1);
			assert_int_equal(bench.publishes - publishes, n ? 0 : 1);
			assert_true(walker_see(&to, va).mapped);
		}
		pt->env->free(pt, to.root);
		assert_int_equal(run_unmap(pt, va, bench_page), 0);
	}
}

/* After a change of rights, a memory type that these CPUs cannot encode has set no bit. */
static void types_that_cannot_be_encoded(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		vaddr_t va = half_base(f);
		u64 digest;

		if (!f->pbmt_prot)
			continue;
		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(run_protect(pt, va, bench_page, PT_R | PT_GLOBAL), 0);
		digest = walker_digest(pt);
		assert_int_equal(run_protect(pt, va, bench_page, PT_R | PT_GLOBAL | PT_NC), 0);
		assert_true(walker_digest(pt) == digest);
		bench_audit();
	}
}

/* A run that ends with the range, at the end of the address space, is not split. */
static void runs_at_the_top_stay_whole(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, PT_CAP_CONTIG);
		u64 len = pt_span(f, 1), unit;

		assert_int_equal(run_map(pt, -len, len, 0, RWG, 0, true), 0);
		unit = walker_see(pt, -bench_page).unit;
		assert_int_equal(run_split(pt, -len, len, 0), 0);
		assert_int_equal(walker_see(pt, -bench_page).unit, unit);
		assert_int_equal(run_unmap(pt, -len, len), 0);
	}
}

/* Previous contents of the array are not counted: a page in an empty tree needs one table per
 * level, and an adjacent second page needs none. */
static void tables_are_counted_from_zero(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		vaddr_t va = half_base(f);
		u32 by_level[PT_LEVELS_MAX];

		for (unsigned l = 0; l < PT_LEVELS_MAX; l++)
			by_level[l] = 7;
		assert_int_equal(pt_count_tables(pt, va, bench_page, 0, by_level, NULL), 0);
		for (unsigned l = 0; l < PT_LEVELS_MAX; l++)
			assert_int_equal(by_level[l], l + 1 < f->levels);
		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(
			pt_count_tables(pt, va + bench_page, bench_page, 0, by_level, NULL), 0);
		for (unsigned l = 0; l < PT_LEVELS_MAX; l++)
			assert_int_equal(by_level[l], 0);
		bench_audit();
	}
}

const struct CMUnitTest exact_tests[] = {
	cmocka_unit_test(tables_are_counted_from_zero),
	cmocka_unit_test(free_slot_invalidates_its_slot),
	cmocka_unit_test(given_rights_are_broadcast_once),
	cmocka_unit_test(sharing_again_stores_nothing),
	cmocka_unit_test(types_that_cannot_be_encoded),
	cmocka_unit_test(runs_at_the_top_stay_whole),
};
TESTS(exact_tests);
