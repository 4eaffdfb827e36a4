/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-05, S1-19: a dump during a removal, in every order and on running CPUs.  The dump stops for a
 * while between the load of a pointer to a table and of its cells; without the hotplug lock the
 * removal frees the table meanwhile.
 *
 * The tree is the test's own and no CPU translates by it, so a lost race is only a verdict.  Freed
 * tables are filled with cells that are neither empty nor valid: a dump that counts one has read a
 * freed table.
 */
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/ptdump.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/duel.h>
#include <tests/harness/explore.h>
#include <tests/harness/own_tree.h>

#define POOL 8
#define PAGES 3
#define DUMP_WAITS_NS 200000
#define REMOVAL_WAITS_NS 5000000   /* for a host that runs one CPU at a time */
#define LOST 8                     /* lost rounds of the twin */
#define FREED 0x6b6b6b6b6b6b6b6aul /* bit 0 clear: not valid in any format */

static struct {
	struct pt pt;
	struct pt_env env;
	paddr_t table[POOL];
	bool freed[POOL];
	unsigned nr;
	bool locked; /* both take the hotplug lock */
	bool run;    /* both run at once, without the explorer */
	u32 dumper;  /* CPU + 1 while it dumps; atomic */
	u32 removed; /* the removal has ended; atomic */
	struct ptdump_counts seen;
	u32 gone, runs, whole, none;
} overtaken NOINIT;

static void fill_table(paddr_t pa, u64 word)
{
	u64 *p = pa_ptr(pa);

	for (u64 i = 0; i < page_size() / sizeof(*p); i++)
		p[i] = word;
}

static paddr_t race_pool_alloc(struct pt *pt, unsigned node)
{
	(void)pt;
	(void)node;
	return overtaken.nr < POOL ? overtaken.table[overtaken.nr++] : PA_NONE;
}

static unsigned pool_index(paddr_t pa)
{
	unsigned i = 0;

	while (overtaken.table[i] != pa)
		ASSERT_OP(++i, <, overtaken.nr);
	return i;
}

static void pool_free(struct pt *pt, paddr_t pa)
{
	(void)pt;
	fill_table(pa, FREED);
	overtaken.freed[pool_index(pa)] = true;
}

/* The engine calls this after it has loaded the pointer to a table and before it loads the first
 * cell.  The table of pages was allocated last. */
static struct pt_cell *overtaken_cells(paddr_t pa)
{
	if (atomic_load_relaxed(&overtaken.dumper) == this_cpu()->nr + 1u &&
	    pa != overtaken.pt.root) {
		if (!overtaken.run)
			explore_point(false);
		else if (pa == overtaken.table[overtaken.nr - 1])
			await_word(&overtaken.removed, 1, DUMP_WAITS_NS);
		overtaken.gone += overtaken.freed[pool_index(pa)];
	}
	return pa_ptr(pa);
}

static vaddr_t part_va(void)
{
	return layout.r[REGION_LINEAR].va + pt_span(kpt.fmt, 1);
}

static void overtaken_setup(void)
{
	struct pt_plan plan;

	for (unsigned i = 0; i < POOL; i++) {
		fill_table(overtaken.table[i], 0);
		overtaken.freed[i] = false;
	}
	overtaken.nr = overtaken.dumper = overtaken.removed = overtaken.gone = overtaken.runs = 0;
	overtaken.seen = (struct ptdump_counts) { 0 };
	own_tree_init(&overtaken.pt, &overtaken.env, "overtaken", kpt.fmt, race_pool_alloc,
		      pool_free);
	overtaken.env.cells = overtaken_cells;
	ASSERT_OP(pt_plan(&overtaken.pt, &plan, PT_OP_MAP, part_va(), PAGES * page_size(), 0, 0,
			  NULL),
		  ==, 0);
	pt_map(&plan, 4 * GiB, PT_R | PT_GLOBAL);
	pt_plan_end(&plan);
}

static int count_runs(const struct ptdump_run *r, void *arg)
{
	(void)r;
	(*(u32 *)arg)++;
	return 0;
}

static void dumps(void)
{
	u64 span = pt_span(kpt.fmt, 1);

	atomic_store_release(&overtaken.dumper, this_cpu()->nr + 1u);
	if (overtaken.locked)
		hotplug_read_lock();
	ptdump_count(&overtaken.pt, part_va(), span, &overtaken.seen);
	ptdump_runs(&overtaken.pt, part_va(), span, count_runs, &overtaken.runs);
	if (overtaken.locked)
		hotplug_read_unlock();
	atomic_store_release(&overtaken.dumper, 0);
}

static void removes(void)
{
	struct pt_gather g;
	struct pt_plan plan;

	if (overtaken.locked)
		hotplug_write_lock();
	pt_plan_sure(&overtaken.pt, &plan, PT_OP_UNMAP, part_va(), PAGES * page_size());
	pt_gather_begin(&g, &overtaken.pt, NULL, 0);
	pt_unmap(&plan, &g);
	pt_free_empty(&overtaken.pt, part_va(), PAGES * page_size(), 0, 0, &g);
	pt_gather_flush(&g);
	pt_plan_end(&plan);
	if (overtaken.locked)
		hotplug_write_unlock();
	pt_gather_release(&g);
	atomic_store_release(&overtaken.removed, 1);
}

static const char *overtaken_check(void)
{
	u64 leaves = overtaken.seen.leaves[0];

	overtaken.whole += leaves == PAGES;
	overtaken.none += !leaves;
	if (overtaken.seen.other)
		return "the dump read a freed table";
	if (overtaken.gone)
		return "the dump is about to read a freed table";
	if (!overtaken.freed[overtaken.nr - 1])
		return "the removal freed no table";
	return overtaken.locked && leaves && leaves != PAGES
		       ? "the dump observed a part of a removal"
		       : NULL;
}

static void overtaken_end(void)
{
	for (unsigned i = 0; i < POOL && overtaken.table[i]; i++) {
		table_free(overtaken.table[i]);
		overtaken.table[i] = 0;
	}
}

static bool overtaken_begin(struct test_run *t, bool locked, bool run)
{
	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return false;
	}
	overtaken.locked = locked;
	overtaken.run = run;
	overtaken.whole = overtaken.none = 0;
	for (unsigned i = 0; i < POOL; i++)
		overtaken.table[i] = 0;
	for (unsigned i = 0; i < POOL; i++)
		if ((overtaken.table[i] = table_alloc(0)) == PA_NONE) {
			overtaken.table[i] = 0;
			overtaken_end();
			test_skip(t, "no memory for the tables");
			return false;
		}
	return true;
}

/* ---- every order ---- */

static void step_setup(void *arg)
{
	(void)arg;
	overtaken_setup();
}

static void step_removal(void *arg)
{
	(void)arg;
	removes();
}

static void step_dump(void *arg)
{
	(void)arg;
	dumps();
}

static const char *step_check(void *arg)
{
	(void)arg;
	return overtaken_check();
}

static bool step_matters(const struct pt_event *e)
{
	return e->pt == &overtaken.pt && (e->kind == PT_EV_SET || e->kind == PT_EV_PAGE_FREE);
}

static const struct explore steps = { .actors = 2,
				      .run = { step_removal, step_dump },
				      .setup = step_setup,
				      .check = step_check,
				      .bound = 3,
				      .most = 3000,
				      .sure = 2,
				      .matters = step_matters };

TEST(ptdump, orders,
     .claim = "in every order of a dump and a removal, under the hotplug lock the dump reports all "
	      "or nothing",
     .rows = "S1-05 S1-19", .needs = NEED_SMP)
{
	if (!explore_can(t, 2) || !overtaken_begin(t, true, false))
		return;
	if (explore(t, &steps))
		CHECK(t, overtaken.whole && overtaken.none);
	overtaken_end();
}

TEST(ptdump, orders_twin,
     .claim = "without the lock the explorer finds, twice, the order in which the dump reads a "
	      "freed table",
     .rows = "S1-05 S1-19", .needs = NEED_SMP)
{
	struct explore e = steps;

	if (!explore_can(t, 2) || !overtaken_begin(t, false, false))
		return;
	e.unsafe = true;
	explore(t, &e);
	overtaken_end();
}

/* ---- on running CPUs ---- */

static void removes_beside(void)
{
	await_word(&overtaken.dumper, 1, REMOVAL_WAITS_NS);
	removes();
}

static struct duel dump_against_remove(u32 most_lost)
{
	return (struct duel) { .setup = overtaken_setup,
			       .here = removes_beside,
			       .there = dumps,
			       .check = overtaken_check,
			       .most_lost = most_lost };
}

TEST(ptdump, race, .claim = "dumps during removals read no freed table", .rows = "S1-05",
     .needs = NEED_SMP, .could = COULD_YES)
{
	struct duel d = dump_against_remove(1);

	if (!overtaken_begin(t, true, true))
		return;
	duel(t, &d);
	if (d.wrong)
		test_fail(t, __FILE__, __LINE__, "round %u: %s", d.rounds, d.wrong);
	test_key(t, "whole=%u none=%u", overtaken.whole, overtaken.none);
	overtaken_end();
}

TEST(ptdump, race_twin, .claim = "without the hotplug lock some dumps read a freed table",
     .rows = "S1-05", .needs = NEED_SMP, .could = COULD_YES)
{
	struct duel d = dump_against_remove(LOST);

	if (!overtaken_begin(t, false, true))
		return;
	duel(t, &d);
	test_key(t, "lost=%u", d.lost);
	if (!d.lost)
		test_skip(t, "none of %u rounds hit the race window", d.rounds);
	overtaken_end();
}
