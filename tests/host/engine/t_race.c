/* SPDX-License-Identifier: BSD-2-Clause */
/* t_race.c - threads that need the same table at the same time (S0-05). */
#include "engine.h"
#include <pthread.h>

#define ROUNDS 3000
#define THREADS 2

static struct worker {
	struct pt *pt;
	vaddr_t va;
	paddr_t pa;
	u64 pages;
	u32 left; /* tables returned */
	pthread_barrier_t *start;
	int err;
} workers[THREADS];

static void *map_mine(void *arg)
{
	struct worker *w = arg;
	struct pt_plan p;

	w->err = pt_plan(w->pt, &p, PT_OP_MAP, w->va, w->pages * bench_page, 0, 0, NULL);
	pthread_barrier_wait(w->start);
	if (!w->err) {
		pt_map(&p, w->pa, RWG);
		w->left = p.nr;
		pt_plan_end(&p);
	}
	return NULL;
}

static void run_two(struct pt *pt, vaddr_t a, vaddr_t b, u64 pages)
{
	pthread_t threads[THREADS];
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, THREADS);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker) {
			.pt = pt, .va = i ? b : a, .pages = pages, .start = &start
		};
		workers[i].pa = (i + 1) * 0x1000000;
		assert_int_equal(pthread_create(&threads[i], NULL, map_mine, &workers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
}

static pthread_barrier_t meeting;

static void meet(void)
{
	pthread_barrier_wait(&meeting);
}

/* Adjacent pages share every table, and at every level both threads have read the empty slot and
 * not yet stored: each table is installed once, and the losing thread keeps its own. */
static void one_table_is_installed(void **state)
{
	unsigned both = 0, rounds = 0;

	(void)state;
	pthread_barrier_init(&meeting, NULL, THREADS);
	for_each_format(f) for (unsigned i = 0; i < ROUNDS / 5; i++)
	{
		struct pt *pt = bench_new(f, 0);
		vaddr_t va = half_base(f) + 64 * pt_span(f, 1);
		u32 need = f->levels - 1u;

		pt_taps_on = 0; /* the checking tap supports one thread only */
		bench.on_publish = meet;
		run_two(pt, va, va + bench_page, 1);
		bench.on_publish = NULL;
		assert_int_equal(bench.publishes, 2 * need + 2); /* plus one leaf each */
		assert_int_equal(workers[0].err | workers[1].err, 0);
		assert_int_equal(walker_see(pt, va).pa, 0x1000000);
		assert_int_equal(walker_see(pt, va + bench_page).pa, 0x2000000);
		assert_int_equal(pt->nr_tables, need);
		assert_int_equal(bench.allocs, 2 * need);
		assert_int_equal(workers[0].left + workers[1].left, need);
		both += workers[0].left && workers[1].left;
		rounds++;
		bench_audit();
	}
	pthread_barrier_destroy(&meeting);
	print_message("# both threads lost a table in %u of %u rounds\n", both, rounds);
}

/* Disjoint ranges, several tables each, some shared. */
static void no_leaf_is_lost(void **state)
{
	(void)state;
	for_each_format(f) for (unsigned i = 0; i < 40; i++)
	{
		struct pt *pt = bench_new(f, 0);
		u64 pages = 1300;
		vaddr_t va = half_base(f) + upper_span(f) - pages * bench_page;

		pt_taps_on = 0;
		run_two(pt, va, va + pages * bench_page, pages);
		for (u64 k = 0; k < pages; k += 7) {
			assert_int_equal(walker_see(pt, va + k * bench_page).pa,
					 0x1000000 + k * bench_page);
			assert_int_equal(walker_see(pt, va + (pages + k) * bench_page).pa,
					 0x2000000 + k * bench_page);
		}
		bench_audit();
	}
}

/* The same race in one thread, deterministic: another installs between plan and map. */
static void the_loser_gets_its_table_back(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		vaddr_t va = half_base(f);
		struct pt_plan p, q;

		assert_int_equal(pt_plan(pt, &p, PT_OP_MAP, va, bench_page, 0, 0, NULL), 0);
		assert_int_equal(
			pt_plan(pt, &q, PT_OP_MAP, va + bench_page, bench_page, 0, 0, NULL), 0);
		assert_int_equal(pt->nr_reserved, 2 * (f->levels - 1));
		pt_map(&q, 2 * bench_page, RWG);
		pt_map(&p, bench_page, RWG);
		assert_int_equal(q.nr, 0);
		assert_int_equal(p.nr, f->levels - 1);
		pt_plan_end(&q);
		pt_plan_end(&p);
		assert_int_equal(bench_in_use(), f->levels - 1);
		bench_audit();
	}
}

/* The choke point itself: the slot of an install is filled between its read and its store. */
static void both_orders_of_one_install(void **state)
{
	struct pt_cell cell = { 0 };

	(void)state;
	assert_true(pt_cell_install(&cell, 3));
	assert_false(pt_cell_install(&cell, 7));
	assert_int_equal(pt_cell_load(&cell), 3);
}

const struct CMUnitTest race_tests[] = {
	cmocka_unit_test(one_table_is_installed),
	cmocka_unit_test(no_leaf_is_lost),
	cmocka_unit_test(the_loser_gets_its_table_back),
	cmocka_unit_test(both_orders_of_one_install),
};
TESTS(race_tests);
