/* SPDX-License-Identifier: BSD-2-Clause */
/* t_tap.c - count and trace record events; a tap that modifies events takes effect. */
#include "engine.h"
#include <pthread.h>
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
		assert_int_equal(run_map(pt, va, n * bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(pt_tap_enable("count", true), 0); /* counters restart at 0 */
		pt_count_read(&c);
		assert_int_equal(c.runs + c.events[PT_EV_SET], 0);
		assert_int_equal(run_protect(pt, va, n * bench_page, PT_R | PT_GLOBAL), 0);
		pt_count_read(&c);
		assert_int_equal(c.leaves_set, n);
		if (f->pa_linear) /* one run in each table */
			assert_int_equal(c.runs, 3);
		assert_int_equal(run_unmap(pt, va, n * bench_page), 0);
		run_free_empty(pt, va, n * bench_page, va, 0);
		pt_count_reset();
		assert_int_equal(pt_tap_enable("count", false), 0);
		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		pt_count_read(&c);
		assert_int_equal(c.runs, 0);
		bench_audit();
	}
	assert_int_equal(pt_tap_enable("nonesuch", true), -ENOENT);
}

static void told(struct pt_event e, unsigned cpu)
{
	struct pt_event copy = e;

	copy.cpu = cpu;
	pt_tap_run_after(&copy);
}

/* Single events of several CPUs: each has its own count, and the sums that include it. */
static void events_count_where_they_belong(void **state)
{
	struct pt_counts c, want = { 0 };
	struct pt *pt = bench_new(pt_fmt_find("4k-48"), 0);

	(void)state;
	assert_int_equal(pt_tap_enable("count", true), 0);
	pt_count_reset();
	for (unsigned kind = 0; kind < PT_EV_KINDS; kind++) {
		struct pt_event e = { .kind = (u8)kind, .pt = pt, .n = 5, .ops = 7, .walk = true };

		if (kind == PT_EV_SET)
			continue; /* counts_add_up() */
		told(e, kind % 3);
		e.walk = false;
		e.provenance = PAGE_TABLE;
		told(e, PT_TAP_CPUS - 1);
		want.events[kind] = 2;
	}
	want.tlbi_ops = 2 * 7;
	want.tlbi_walk = 1;
	want.waits = 2;
	want.tables_alloc = want.tables_free = 5; /* other kinds are not counted */
	pt_count_read(&c);
	assert_memory_equal(&c, &want, sizeof(c));
	assert_int_equal(pt_tap_enable("count", false), 0);
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
	assert_string_equal(pt_event_name(got[3].kind), "PUBLISH_DATA");
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

/* ---- a reader and a writer ---- */

#define FACTOR 0x9e3779b97f4a7c15ul

static bool enough;
static pthread_barrier_t written;

/* Each field is computed from another one, so that a torn event is detected. */
static void *write_events(void *arg)
{
	struct rng r = { bench_seed };

	for (u64 i = 0; !__atomic_load_n(&enough, __ATOMIC_RELAXED); i++) {
		struct pt_event e = { .kind = PT_EV_VISIBLE, .va = rng_next(&r) };

		e.len = ~e.va;
		e.pa = e.va * FACTOR;
		e.n = e.va ^ FACTOR;
		pt_tap_run_before(&e);
		pt_tap_run_after(&e);
		if (!i)
			pthread_barrier_wait(&written);
	}
	return arg;
}

/* The writer may overtake the reader in the ring, at any word of an event. */
static void trace_tells_no_half_events(void **state)
{
	static struct pt_event got[PT_TRACE_LAST];
	pthread_t writer;
	u64 last = 0;
	unsigned fresh = 0;

	(void)state;
	pt_tap_enable("trace", true);
	enough = false;
	pthread_barrier_init(&written, NULL, 2);
	assert_int_equal(pthread_create(&writer, NULL, write_events, NULL), 0);
	pthread_barrier_wait(&written);
	for (unsigned i = 0; i < 200000 && fresh < 5000; i++) {
		size_t n = pt_trace_copy(got, PT_TRACE_LAST);

		for (size_t k = 0; k < n; k++) {
			assert_int_equal(got[k].len, ~got[k].va);
			assert_int_equal(got[k].pa, got[k].va * FACTOR);
			assert_int_equal(got[k].n, got[k].va ^ FACTOR);
		}
		fresh += n && got[n - 1].seq != last;
		last = n ? got[n - 1].seq : last;
	}
	__atomic_store_n(&enough, true, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
	pthread_barrier_destroy(&written);
	assert_true(fresh);
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
	assert_int_equal(bench.invals, 0); /* the omission that a detector must notice */
	drop = 0;
	pt_tap_enable("bend", false);
	bench_audit();
}

const struct CMUnitTest tap_tests[] = {
	cmocka_unit_test(counts_add_up),
	cmocka_unit_test(events_count_where_they_belong),
	cmocka_unit_test(trace_keeps_the_order),
	cmocka_unit_test(trace_tells_no_half_events),
	cmocka_unit_test(a_swallowed_store_does_not_happen),
};
TESTS(tap_tests);
