/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * t_spot.c - shortcuts: one lookup for a page, walks by runs of leaves, partial invalidation of
 * tables.
 */
#include "engine.h"
#include <string.h>

#define CAPS_ALL (PT_CAP_CONTIG | PT_CAP_PBMT)

static struct {
	struct pt *pt;
	vaddr_t va;
} moving;

/* At the barrier between the copies and the stores of leaves no leaf may exist. */
static void nothing_made_yet(void)
{
	for (unsigned i = 0; i < 4; i++)
		assert_false(walker_see(moving.pt, moving.va + i * bench_page).mapped);
}

static void a_page_goes_and_comes_back(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f) + pt_span(f, 1) - 2 * bench_page;
		struct pt_spot spot[4];
		vaddr_t at[4];
		paddr_t home[4];
		struct pt_gather g;
		u64 before;

		assert_int_equal(run_map(pt, va, 4 * bench_page, 0x1000000, RWG, 0, false), 0);
		for (unsigned i = 0; i < 4; i++) {
			bench_prime(va + i * bench_page);
			at[i] = va + i * bench_page + 8;
		}
		assert_int_equal(pt_spots_find(pt, at, 4, spot), 0);
		pt_gather_begin(&g, pt, NULL, 0);
		pt_spots_break(pt, spot, 4, &g);
		for (unsigned i = 0; i < 4; i++)
			assert_false(walker_see(pt, va + i * bench_page).mapped);
		pt_gather_flush(&g);
		bench_tlb_check();
		pt_gather_release(&g);
		assert_int_equal(bench.invals, 1);
		assert_int_equal(bench.last_inval.lo, va);
		assert_int_equal(bench.last_inval.hi, va + 4 * bench_page);
		for (unsigned i = 0; i < 4; i++)
			home[i] = 0x2000000 + i * 2 * bench_page;
		home[3] += BIT(f->pa_bits - 1); /* address bits that a format may move */
		before = bench.publishes;
		moving.pt = pt;
		moving.va = va;
		bench.visibles = 0;
		bench.on_publish = nothing_made_yet;
		pt_spots_make(pt, spot, home, 4);
		bench.on_publish = NULL;
		assert_int_equal(bench.publishes, before + 1);
		assert_int_equal(bench.visibles, 1);
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(walker_see(pt, va + i * bench_page).pa, home[i]);
			assert_int_equal(walker_see(pt, va + i * bench_page).prot, RWG);
		}
		bench_audit();
	}
}

/* A test of the machine may store what the engine never does; the taps see each store. */
static void a_broken_spot_takes_any_value(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t at[3];
		struct pt_spot spot[3];
		pte_t v[3] = { f->leaf(0x3000000, PT_R | PT_GLOBAL, 0, 0), 0, 8 };
		struct pt_gather g;

		for (unsigned i = 0; i < 3; i++)
			at[i] = half_base(f) + i * bench_page;
		assert_int_equal(run_map(pt, at[0], 3 * bench_page, 0x1000000, RWG, 0, false), 0);
		assert_int_equal(pt_spots_find(pt, at, 3, spot), 0);
		pt_gather_begin(&g, pt, NULL, 0);
		pt_spots_break(pt, spot, 3, &g);
		pt_gather_flush(&g);
		pt_gather_release(&g);
		bench.visibles = 0;
		pt_spots_put(pt, spot, v, 3);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(pt_cell_peek(spot[i].cell), v[i]);
		assert_int_equal(walker_see(pt, at[0]).pa, 0x3000000);
		assert_int_equal(walker_see(pt, at[0]).prot, PT_R | PT_GLOBAL);
		assert_false(walker_see(pt, at[1]).mapped);
		assert_int_equal(bench.visibles, 1);
	}
}

static void what_is_no_single_page_is_no_spot(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f);
		struct pt_spot spot;
		vaddr_t at;

		assert_int_equal(pt_spots_find(pt, &va, 1, &spot), -ENOENT);
		assert_int_equal(run_map(pt, va, pt_span(f, 1), 0, RWG, 1, false), 0);
		assert_int_equal(pt_spots_find(pt, &va, 1, &spot), -ENOENT);
		if (!f->run[0])
			continue;
		va += 16 * pt_span(f, 1);
		assert_int_equal(run_map(pt, va, bench_page << f->run[0], 0, RWG, 0, true), 0);
		assert_int_equal(pt_spots_find(pt, &va, 1, &spot), -ENOENT);
		at = va + (bench_page << f->run[0]);
		assert_int_equal(pt_spots_find(pt, &at, 1, &spot), -ENOENT);
	}
}

/* Each spot of a batch is checked and stored separately, in the code without a tap: the next one
 * may be a hole, a leaf with other rights or of a run, or in another table. */
static void the_first_does_not_vouch_for_others(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 run = bench_page << f->run[0];
		vaddr_t va = half_base(f), at[4] = { va, va + bench_page, va + 2 * bench_page };
		enum pt_prot prot[4] = { RWG, PT_R | PT_GLOBAL, RWG, RWG };
		paddr_t home[4] = { 0x3000000, 0x5000000, 0x1000000, 0x8000000 };
		struct pt_spot spot[4];
		struct pt_gather g;

		at[3] = va + 3 * pt_span(f, 1);
		home[2] += BIT(f->pa_bits - 1); /* address bits that a format may move */
		/* The table of the last spot is allocated first, and others after it: three tables
		 * after that of the first spot is a table of no spot. */
		assert_int_equal(run_map(pt, at[3], bench_page, 0x300000, RWG, 0, false), 0);
		assert_int_equal(run_map(pt, va, bench_page, 0x1000000, RWG, 0, false), 0);
		for (unsigned i = 4; i < 7; i++)
			assert_int_equal(run_map(pt, va + i * pt_span(f, 1), bench_page,
						 i * 0x100000, RWG, 0, false),
					 0);
		assert_int_equal(pt_spots_find(pt, at, 2, spot), -ENOENT);
		for (unsigned i = 1; i < 3; i++)
			assert_int_equal(
				run_map(pt, at[i], bench_page, i * 0x100000, prot[i], 0, false), 0);
		assert_int_equal(pt_spots_find(pt, at, 4, spot), 0);
		pt_taps_on = 0;
		pt_gather_begin(&g, pt, NULL, 0);
		pt_spots_break(pt, spot, 4, &g);
		assert_true(g.owed);
		assert_int_equal(g.inval.lo, at[0]);
		assert_int_equal(g.inval.hi, at[3] + bench_page);
		pt_gather_flush(&g);
		pt_gather_release(&g);
		pt_spots_make(pt, spot, home, 4);
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(walker_see(pt, at[i]).pa, home[i]);
			assert_int_equal(walker_see(pt, at[i]).prot, prot[i]);
		}
		if (!f->run[0])
			continue;
		at[1] = align_up(va + 3 * bench_page, run);
		assert_int_equal(run_map(pt, at[1], run, 0x8000000, RWG, 0, true), 0);
		assert_int_equal(pt_spots_find(pt, at, 2, spot), -ENOENT);
	}
}

static struct {
	const struct pt_fmt *of;
	unsigned asked;
} run_shift;

static unsigned count_run_shift(pte_t v, unsigned level)
{
	run_shift.asked++;
	return run_shift.of->run_shift(v, level);
}

/* The format is called once for leaves of one table that differ only in address. */
static void leaves_beside_the_first_are_not_asked_for(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		struct pt_fmt counting = *f;
		struct pt_spot spot[4];
		vaddr_t at[4];

		assert_int_equal(
			run_map(pt, half_base(f), 4 * bench_page, 0x1000000, RWG, 0, false), 0);
		for (unsigned i = 0; i < 4; i++)
			at[i] = half_base(f) + i * bench_page;
		run_shift.of = f;
		run_shift.asked = 0;
		counting.run_shift = count_run_shift;
		pt->fmt = &counting;
		assert_int_equal(pt_spots_find(pt, at, 4, spot), 0);
		pt->fmt = f;
		assert_int_equal(run_shift.asked, 1);
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(spot[i].va, at[i]);
			assert_ptr_equal(spot[i].cell, spot[0].cell + i);
			assert_int_equal(spot[i].old, pt_cell_peek(spot[i].cell));
		}
	}
}

static struct pt_event made[2];

static bool hear_made(struct pt_event *e)
{
	if (e->kind == PT_EV_PUBLISH_DATA || e->kind == PT_EV_VISIBLE)
		made[e->kind == PT_EV_VISIBLE] = *e;
	return true;
}

static const struct pt_tap spots_tap = { .name = "spots", .before = hear_made };
PT_TAP(spots, spots_tap);

/* Events of contents and of new leaves cover all spots and the range between them. */
static void taps_hear_of_all_that_is_made(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f), at[3] = { va + 5 * bench_page, va + 9 * bench_page, va };
		paddr_t home[3] = { 0x3000000, 0x5000000, 0x1000000 };
		struct pt_spot spot[3];
		struct pt_gather g;

		assert_int_equal(run_map(pt, va, 16 * bench_page, 0x1000000, RWG, 0, false), 0);
		assert_int_equal(pt_spots_find(pt, at, 3, spot), 0);
		pt_gather_begin(&g, pt, NULL, 0);
		pt_spots_break(pt, spot, 3, &g);
		assert_int_equal(g.nr_leaves, 3);
		pt_gather_flush(&g);
		pt_gather_release(&g);
		memset(made, 0, sizeof(made));
		assert_int_equal(pt_tap_enable("spots", true), 0);
		pt_spots_make(pt, spot, home, 3);
		assert_int_equal(pt_tap_enable("spots", false), 0);
		for (unsigned i = 0; i < 2; i++) {
			if (i && !made[i].kind)
				continue; /* this format's new leaves need no barrier */
			assert_int_equal(made[i].va, va);
			assert_int_equal(made[i].len, 10 * bench_page);
			assert_ptr_equal(made[i].pt, pt);
		}
	}
}

static struct {
	const struct pt_env *of;
	unsigned asked;
} tables;

static struct pt_cell *count_tables(paddr_t table)
{
	tables.asked++;
	return tables.of->cells(table);
}

/* All entries of one table are cleared or skipped without a walk for each entry. */
static void a_table_is_walked_to_for_all_it_holds(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 n = pt_entries(f, 0), len = 3 * n * bench_page;
		vaddr_t va = half_base(f);
		struct pt_env counting = *pt->env;
		struct pt_gather g;
		struct pt_plan p;

		/* a full table, one that uses only its first entry, and another full one */
		assert_int_equal(run_map(pt, va, (n + 1) * bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(
			run_map(pt, va + 2 * n * bench_page, n * bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, va, len, 0, 0, NULL), 0);
		pt_gather_begin(&g, pt, NULL, 0);
		tables.of = pt->env;
		tables.asked = 0;
		counting.cells = count_tables;
		pt->env = &counting;
		pt_unmap(&p, &g);
		pt->env = tables.of;
		assert_int_equal(g.nr_leaves, 2 * n + 1);
		assert_true(tables.asked <= 4u * f->levels); /* four runs of cells */
		pt_gather_flush(&g);
		pt_gather_release(&g);
		pt_plan_end(&p);
		bench_audit();
	}
}

/* The duties of storing or clearing a page leaf depend on neither rights nor address: one
 * evaluation suffices for a batch of spots. */
static void spots_owe_alike(void **state)
{
	(void)state;
	for_each_format(f) for (u32 caps = 0; caps < 32; caps++)
	{
		pte_t first = f->leaf(0, PT_R, 0, 0);

		for (unsigned prot = PT_R; prot < 2 * PT_NC; prot += 2) {
			pte_t leaf = f->leaf(0x5ul << f->page_shift, prot, 0, 0);

			assert_int_equal(f->duty(leaf, 0, 0, caps), f->duty(first, 0, 0, caps));
			assert_int_equal(f->duty(0, leaf, 0, caps), f->duty(0, first, 0, caps));
		}
	}
}

struct sum {
	u64 cells, slots, tables;
	vaddr_t next;
	struct pt *pt;
};

static int add_up(const struct pt_slot *s, void *arg)
{
	struct sum *sum = arg;
	u64 span = pt_span(sum->pt->fmt, s->level);

	if (s->kind == PT_TABLE) {
		sum->tables++;
		return 0;
	}
	assert_true(s->va >= sum->next);
	for (u32 i = 0; i < s->n; i++) {
		struct seen a = walker_see(sum->pt, s->va),
			    b = walker_see(sum->pt, s->va + i * span);

		assert_int_equal(b.pa, a.pa + i * span);
		assert_int_equal(b.prot, a.prot);
		assert_int_equal(b.leaf, span);
	}
	sum->next = s->va + s->n * span;
	sum->cells += s->n;
	sum->slots++;
	return 0;
}

/* A walk by runs visits the same leaves in order as a walk by entries; a run never crosses a hole
 * or a change. */
static void walking_by_runs_sees_the_same(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 len = 2 * pt_span(f, 1);
		vaddr_t va = half_base(f) + upper_span(f) - pt_span(f, 1);
		struct sum one = { .pt = pt }, runs = { .pt = pt };

		assert_int_equal(run_map(pt, va, len, 0x4000000, RWG, 0, false), 0);
		assert_int_equal(run_unmap(pt, va + 64 * bench_page, bench_page), 0);
		assert_int_equal(run_protect(pt, va + 96 * bench_page, 3 * bench_page, PT_R), 0);
		assert_int_equal(run_unmap(pt, va + 200 * bench_page, bench_page), 0);
		assert_int_equal(run_map(pt, va + 200 * bench_page, bench_page, 0, RWG, 0, false),
				 0);
		assert_int_equal(pt_walk(pt, va, len, PT_ON_LEAF | PT_ON_TABLE, add_up, &one), 0);
		assert_int_equal(
			pt_walk(pt, va, len, PT_ON_LEAF | PT_ON_TABLE | PT_BY_RUNS, add_up, &runs),
			0);
		assert_int_equal(one.cells, len / bench_page - 1);
		assert_int_equal(one.slots, one.cells);
		assert_int_equal(runs.cells, one.cells);
		assert_int_equal(runs.tables, one.tables);
		if (f->pa_linear)
			assert_int_equal(runs.slots, 6 + 1); /* in one table, and in the next */
		runs = (struct sum) { .pt = pt };
		assert_int_equal(pt_walk(pt, va + 8 * bench_page, 4 * bench_page,
					 PT_ON_LEAF | PT_BY_RUNS, add_up, &runs),
				 0);
		assert_int_equal(runs.cells, 4);
	}
}

/* Removal of one page and its tables invalidates that page, not the gigabytes that the tables span.
 */
static void an_unhooked_table_is_invalidated_in_part(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f) + upper_span(f) + 5 * bench_page;
		struct pt_gather g;
		struct pt_plan p;

		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, va, bench_page, 0, 0, NULL), 0);
		pt_gather_begin(&g, pt, NULL, 0);
		pt_unmap(&p, &g);
		pt_free_empty(pt, va, bench_page, half_base(f), 0, &g);
		pt_gather_flush(&g);
		pt_gather_release(&g); /* the mock refuses to free what a walk cache may hold */
		pt_plan_end(&p);
		assert_int_equal(bench.last_inval.lo, va);
		assert_int_equal(bench.last_inval.hi, va + bench_page);
		assert_true(bench.last_inval.walk);
		bench_audit();
	}
}

const struct CMUnitTest spot_tests[] = {
	cmocka_unit_test(a_page_goes_and_comes_back),
	cmocka_unit_test(a_broken_spot_takes_any_value),
	cmocka_unit_test(what_is_no_single_page_is_no_spot),
	cmocka_unit_test(the_first_does_not_vouch_for_others),
	cmocka_unit_test(leaves_beside_the_first_are_not_asked_for),
	cmocka_unit_test(taps_hear_of_all_that_is_made),
	cmocka_unit_test(a_table_is_walked_to_for_all_it_holds),
	cmocka_unit_test(spots_owe_alike),
	cmocka_unit_test(walking_by_runs_sees_the_same),
	cmocka_unit_test(an_unhooked_table_is_invalidated_in_part),
};
TESTS(spot_tests);
