/* SPDX-License-Identifier: BSD-2-Clause */
/* t_exact.c - an operation asks for what it needs and for no more: a wider invalidation, a larger
 * count or a second flush is right, and still a mistake.  Found by generated mutants. */
#include "engine.h"

/* One empty table, hooked into a live tree whose walks have it. */
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
		assert_false(pt_free_slot(pt, va, 1, &g)); /* it is unhooked */
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

const struct CMUnitTest exact_tests[] = {
	cmocka_unit_test(free_slot_invalidates_its_slot),
};
TESTS(exact_tests);
