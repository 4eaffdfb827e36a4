/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-09, S1-06: "it only touches online memory, so it cannot race with hotplug".  With
 * break-before-make it can: the cell of a large leaf is EMPTY during the break.  A removal that
 * empties the rest of the table then treats the table as unused and frees it, and the split stores
 * its new entry into a free page.
 *
 * The tree is the test's own, in a format whose manual requires the break, on every machine; no CPU
 * walks it.  If the manual requires none (RISC-V: row R11 of docs/PAGETABLES.md), one store changes
 * the cell, which is never EMPTY, and the quoted claim holds without a lock.  The lock that both
 * take is the one of set_direct() and memmap_optimise().
 */
#include <arch/arch.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/duel.h>
#include <tests/harness/explore.h>
#include <tests/harness/own_tree.h>

#define TABLES 16
#define TWO_LOST 8 /* limit of lost rounds of the twin on running CPUs */
#define BREAK_WAITS_NS 200000
#define REMOVAL_WAITS_NS 5000000 /* for a host that runs one CPU at a time */

static struct {
	struct pt pt;
	struct pt_env env;
	const struct pt_fmt *fmt;
	paddr_t table[TABLES];
	bool freed[TABLES];
	unsigned nr;
	bool locked;        /* both take the hotplug lock */
	bool run;           /* both run at once, without the explorer */
	u32 splitter;       /* CPU + 1 while it splits; atomic */
	u32 begun, removed; /* atomic */
} two;

static paddr_t two_alloc(struct pt *pt, unsigned node)
{
	(void)pt;
	(void)node;
	return two.nr < TABLES ? two.table[two.nr++] : PA_NONE;
}

static void two_free(struct pt *pt, paddr_t pa)
{
	unsigned i = 0;

	(void)pt;
	while (two.table[i] != pa)
		ASSERT_OP(++i, <, two.nr);
	two.freed[i] = true;
}

/* Two neighbours under one table of level 1, with nothing else in it. */
static vaddr_t va_stays(void)
{
	return -(1ul << two.fmt->half_bits) + 8 * pt_span(two.fmt, 2);
}

static vaddr_t va_removed(void)
{
	return va_stays() + pt_span(two.fmt, 1);
}

static const paddr_t frames = 4 * GiB; /* no CPU ever accesses them */

/* The split invalidates between break and new value, while its cell is EMPTY.  The delay is that of
 * a shootdown on a machine with many CPUs. */
static void two_inval(struct pt *pt, const struct pt_inval *req)
{
	tlb_invalidate(pt, req);
	if (two.run && atomic_load_relaxed(&two.splitter) == this_cpu()->nr + 1u) {
		atomic_store_release(&two.begun, 1);
		await_word(&two.removed, 1, BREAK_WAITS_NS);
	}
}

static void two_setup(void *arg)
{
	struct pt_plan plan;

	(void)arg;
	for (unsigned i = 0; i < TABLES; i++) {
		arch_zero(pa_ptr(two.table[i]), page_size());
		two.freed[i] = false;
	}
	two.nr = 0;
	two.splitter = two.begun = two.removed = 0;
	own_tree_init(&two.pt, &two.env, "two", two.fmt, two_alloc, two_free);
	two.env.may_break = NULL;
	two.env.inval = two_inval;
	two.pt.global = true;
	two.pt.root_append = true;
	ASSERT_OP(
		pt_plan(&two.pt, &plan, PT_OP_MAP, va_stays(), 2 * pt_span(two.fmt, 1), 1, 0, NULL),
		==, 0);
	pt_map(&plan, frames, PT_R | PT_W | PT_GLOBAL);
	pt_plan_end(&plan);
}

static void two_lock(void)
{
	if (two.locked)
		hotplug_write_lock();
}

static void two_unlock(void)
{
	if (two.locked)
		hotplug_write_unlock();
}

static void splitter(void *arg)
{
	struct pt_gather g;
	struct pt_plan plan;

	(void)arg;
	two_lock();
	atomic_store_relaxed(&two.splitter, this_cpu()->nr + 1u);
	ASSERT_OP(
		pt_plan(&two.pt, &plan, PT_OP_SPLIT, va_stays(), pt_page_size(two.fmt), 0, 0, NULL),
		==, 0);
	pt_gather_begin(&g, &two.pt, NULL, 0);
	pt_split(&plan, &g);
	pt_gather_flush(&g);
	pt_plan_end(&plan);
	atomic_store_relaxed(&two.splitter, 0);
	two_unlock();
	pt_gather_release(&g);
}

static void neighbour_remover(void *arg)
{
	struct pt_gather g;
	struct pt_plan plan;

	(void)arg;
	two_lock();
	pt_plan_sure(&two.pt, &plan, PT_OP_UNMAP, va_removed(), pt_span(two.fmt, 1));
	pt_gather_begin(&g, &two.pt, NULL, 0);
	pt_unmap(&plan, &g);
	pt_free_empty(&two.pt, va_removed(), pt_span(two.fmt, 1), 0, 0, &g);
	pt_gather_flush(&g);
	pt_plan_end(&plan);
	two_unlock();
	pt_gather_release(&g);
}

static bool has_entries(paddr_t pa)
{
	const u64 *p = pa_ptr(pa);

	for (u64 i = 0; i < page_size() / sizeof(*p); i++)
		if (p[i])
			return true;
	return false;
}

static const char *two_check(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < two.nr; i++)
		if (two.freed[i] && has_entries(two.table[i]))
			return "the split stored into a table that the removal had freed";
	if (pt_translate(&two.pt, va_stays()) != frames)
		return "memory that stays lost its mapping";
	return pt_translate(&two.pt, va_removed()) == PA_NONE ? NULL
							      : "the removed neighbour is mapped";
}

/* The stores, and the invalidation between a break and the new value. */
static bool two_matters(const struct pt_event *e)
{
	return e->pt == &two.pt && (e->kind == PT_EV_SET || e->kind == PT_EV_TLBI);
}

static bool two_begin(struct test_run *t, const char *format, bool locked, bool run)
{
	two.locked = locked;
	two.run = run;
	two.fmt = pt_fmt_find(format);
	if (!CHECK(t, two.fmt) || (!run && !explore_can(t, 2)))
		return false;
	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return false;
	}
	for (unsigned i = 0; i < TABLES; i++) {
		two.table[i] = table_alloc(0);
		ASSERT(two.table[i] != PA_NONE);
	}
	return true;
}

static const char breaks[] = "arm64-4k-48", breaks_not[] = "riscv-sv48";

static void two_end(void)
{
	for (unsigned i = 0; i < TABLES; i++)
		table_free(two.table[i]);
}

static void two_explore(struct test_run *t, bool unsafe)
{
	struct explore e = { .actors = 2,
			     .run = { splitter, neighbour_remover },
			     .setup = two_setup,
			     .check = two_check,
			     .bound = 3,
			     .sure = 2,
			     .unsafe = unsafe,
			     .matters = two_matters };

	explore(t, &e);
}

TEST(hvo, neighbour,
     .claim = "under one lock a split and the removal of a neighbour lose no table in any order",
     .rows = "S1-06 S1-09", .needs = NEED_SMP)
{
	if (!two_begin(t, breaks, true, false))
		return;
	two_explore(t, false);
	two_end();
}

TEST(hvo, neighbour_twin,
     .claim = "without the lock the explorer finds, twice, the order in which a broken cell looks "
	      "unused",
     .rows = "S1-06 S1-09", .needs = NEED_SMP)
{
	if (!two_begin(t, breaks, false, false))
		return;
	two_explore(t, true);
	two_end();
}

TEST(hvo, neighbour_unbroken,
     .claim = "if a split needs no break, a concurrent removal of a neighbour loses no table, "
	      "without a lock, in any order",
     .rows = "S1-09", .needs = NEED_SMP)
{
	if (!two_begin(t, breaks_not, false, false))
		return;
	two_explore(t, false);
	two_end();
}

/* ---- on running CPUs ---- */

static void run_setup(void)
{
	two_setup(NULL);
}

static void run_split(void)
{
	splitter(NULL);
}

static void run_remove(void)
{
	await_word(&two.begun, 1, REMOVAL_WAITS_NS);
	neighbour_remover(NULL);
	atomic_store_release(&two.removed, 1);
}

static const char *run_check(void)
{
	return two_check(NULL);
}

static struct duel split_against_remove(u32 most_lost)
{
	return (struct duel) { .setup = run_setup,
			       .here = run_remove,
			       .there = run_split,
			       .check = run_check,
			       .most_lost = most_lost };
}

TEST(hvo, neighbour_race,
     .claim = "under one lock splits beside removals of a neighbour lose no table",
     .rows = "S1-06 S1-09", .needs = NEED_SMP, .could = COULD_YES)
{
	struct duel d = split_against_remove(1);

	if (!two_begin(t, breaks, true, true))
		return;
	duel(t, &d);
	if (d.wrong)
		test_fail(t, __FILE__, __LINE__, "round %u: %s", d.rounds, d.wrong);
	two_end();
}

TEST(hvo, neighbour_race_twin,
     .claim = "without the lock some splits store into a table that the removal has freed",
     .rows = "S1-06 S1-09", .needs = NEED_SMP, .could = COULD_YES)
{
	struct duel d = split_against_remove(TWO_LOST);

	if (!two_begin(t, breaks, false, true))
		return;
	duel(t, &d);
	test_key(t, "lost=%u", d.lost);
	if (!d.lost)
		test_skip(t, "none of %u rounds hit the race window", d.rounds);
	two_end();
}
