/* SPDX-License-Identifier: BSD-2-Clause */
/* t_tap.c - count and trace record what happened; a tap that modifies events has its effect. */
#include "engine.h"
#include <string.h>

static bool swallow;
static u32 drop;

static bool bend_before(struct pt_event *e)
{
	e->duty &= ~drop;
	return !(swallow && e->kind == PT_EV_SET);
}

static const struct pt_tap bend = { .name = "bend", .bends = true, .before = bend_before };
PT_TAP(bend, bend);

static void counts_add_up(void **state)
{
	struct pt_counts c;

	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		vaddr_t va = half_base(f);
		u64 n = 3 * pt_entries(f, 0);

		assert_int_equal(pt_tap_enable("count", true), 0);
		assert_int_equal(run_map(pt, va, n * bench_page, 0, RWG, 0, false), 0);
		pt_count_read(&c);
		assert_int_equal(c.leaves_set, n);
		assert_int_equal(c.tables_set, f->levels - 2 + 3);
		assert_int_equal(c.tables_alloc, f->levels - 2 + 3);
		assert_int_equal(c.runs, 3 + f->levels - 2 + 3);
		assert_int_equal(c.events[PT_EV_VISIBLE], 1);
		assert_int_equal(c.events[PT_EV_PUBLISH], c.tables_set);
		assert_int_equal(run_unmap(pt, va, n * bench_page), 0);
		run_free_empty(pt, va, n * bench_page, va, 0);
		pt_count_read(&c);
		assert_int_equal(c.leaves_cleared, n);
		assert_int_equal(c.tables_cleared, c.tables_set);
		assert_int_equal(c.tables_free, c.tables_alloc); /* S0-45 */
		assert_int_equal(c.waits, c.events[PT_EV_WAIT]);
		pt_count_reset();
		pt_count_read(&c);
		assert_int_equal(c.runs + c.events[PT_EV_SET], 0);
		assert_int_equal(pt_tap_enable("count", false), 0);
		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		pt_count_read(&c);
		assert_int_equal(c.runs, 0);
		bench_audit();
	}
	assert_int_equal(pt_tap_enable("nonesuch", true), -ENOENT);
}

static void trace_keeps_the_order(void **state)
{
	static struct pt_event got[2048];
	struct pt *pt = bench_new(pt_fmt_find("4k-48"), 0);
	vaddr_t va = half_base(pt->fmt);
	size_t n;

	(void)state;
	pt_tap_enable("trace", true);
	assert_int_equal(pt_trace_copy(got, 2048), 0);
	assert_int_equal(run_map(pt, va, bench_page, 0x7000, RWG, 0, false), 0);
	assert_int_equal(run_unmap(pt, va, bench_page), 0);
	n = pt_trace_copy(got, 2048);
	assert_int_equal(n, 3 + 2 * 3 + 1 + 1 + 1 +
				    1); /* pages, contents, tables, leaf, visible, clear */
	for (size_t i = 1; i < 3; i++)
		assert_string_equal(pt_event_name(got[i].kind), "PAGE_ALLOC");
	assert_string_equal(pt_event_name(got[3].kind), "CONTENTS");
	assert_int_equal(got[3].va, va);
	assert_int_equal(got[3].len, bench_page);
	assert_string_equal(pt_event_name(got[4].kind), "PUBLISH");
	assert_string_equal(pt_event_name(got[5].kind), "SET");
	assert_int_equal(got[5].level, 3);
	assert_int_equal(got[10].n, 1);
	assert_int_equal(got[10].pa, 0x7000);
	assert_string_equal(pt_event_name(got[11].kind), "VISIBLE");
	assert_int_equal(got[12].old, got[10].new);
	assert_true(got[12].duty & PT_DUTY_TLBI);
	assert_string_equal(pt_event_name(PT_EV_KINDS), "?");
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(run_unmap(pt, va, bench_page), 0);
	}
	n = pt_trace_copy(got, 2048);
	assert_int_equal(n, PT_TRACE_LAST); /* a ring buffer: the last events, oldest first */
	assert_int_equal(got[n - 1].new, 0);
	assert_int_equal(pt_trace_copy(got, 3), 3);
	assert_int_equal(got[2].new, 0);
	pt_tap_enable("trace", false);
}

static void a_swallowed_store_does_not_happen(void **state)
{
	struct pt *pt = bench_new(pt_fmt_find("sv39"), 0);
	vaddr_t va = half_base(pt->fmt);

	(void)state;
	assert_int_equal(run_map(pt, va, 2 * bench_page, 0, RWG, 0, false), 0);
	pt_tap_enable("bend", true);
	swallow = true;
	assert_int_equal(run_unmap(pt, va, 2 * bench_page), 0);
	assert_true(walker_see(pt, va).mapped);
	swallow = false;
	drop = PT_DUTY_TLBI;
	assert_int_equal(run_unmap(pt, va, 2 * bench_page), 0);
	assert_false(walker_see(pt, va).mapped);
	assert_int_equal(bench.invals, 0); /* the twin that a detector must notice */
	drop = 0;
	pt_tap_enable("bend", false);
	bench_audit();
}

const struct CMUnitTest tap_tests[] = {
	cmocka_unit_test(counts_add_up),
	cmocka_unit_test(trace_keeps_the_order),
	cmocka_unit_test(a_swallowed_store_does_not_happen),
};
TESTS(tap_tests);
