/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S3-25, X-06: lockless walkers in the kernel's own tree, on every other CPU, while the boot CPU
 * removes the block whose linear map they walk.  Each stops after it has loaded the pointer to the
 * last table, until the removal has ended; if the removal waits for the walker, until the scheme
 * has the table and some time has passed.
 */
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/study/gup.h>
#include <tests/harness/util.h>

#define ROUNDS 4
#define HOLD_NS 3000000     /* after the scheme received the table */
#define ENDS_NS 200000000   /* limit of an invalidation that does not wait for the walker */
#define MOST_NS 20000000000 /* limit in any case */

/* The expectation, from mailing-list thread S3. */
static const struct discipline {
	const char *name, *scheme;
	enum gup_style style;
	bool safe;
} disciplines[] = {
	{ "read-section.at-once", "at-once", GUP_READ_SECTION, false },
	{ "read-section.interrupt", "interrupt", GUP_READ_SECTION, false },
	{ "read-section.batch", "batch", GUP_READ_SECTION, true },
	{ "read-section.defer", "defer", GUP_READ_SECTION, true },
	{ "irq-off.batch", "batch", GUP_IRQS_OFF, true },
	{ "irq-off.interrupt", "interrupt", GUP_IRQS_OFF, true },
	{ "irq-off.defer", "defer", GUP_IRQS_OFF, true },
};

static struct {
	struct range r;
	const struct discipline *how;
	u32 round, inside, over, finished; /* atomic */
	u64 gone, stopped; /* atomic: walks that found the table freed; that stopped */
	u64 early;         /* atomic: walks that continued before the scheme had a table */
} hot;

static struct hot_walk {
	unsigned loads;
	const pte_t *pointer; /* the cell above the last table, and its value */
	pte_t was;
} walks[CPUS_MAX] NOINIT;

/* Count the grace periods that schemes have begun. */
static u64 begun(void)
{
	struct grace_stats s;

	grace_stats_read(&s);
	return s.deferred + s.syncs;
}

static struct await wait_of_walker(void)
{
	return (struct await) { .most_ns = MOST_NS, .deaf = hot.how->style != GUP_READ_SECTION };
}

/* Stop until the scheme waits for this walker too.  An invalidation by IPI waits for a walker with
 * interrupts off even earlier: then nothing is learned about the scheme, and later rounds do not
 * wait. */
static void hold_safe(const struct hot_walk *w, u64 before)
{
	struct await wait = wait_of_walker();
	bool early = atomic_load_relaxed(&hot.early);
	u64 unhooked = 0, has = 0;

	while (!early && !atomic_load_acquire(&hot.over) && await_step(&wait)) {
		u64 now = clock_ns();

		if (!has && begun() != before)
			has = now;
		if (!unhooked && atomic_load_relaxed(w->pointer) != w->was)
			unhooked = now;
		if (has ? now - has > HOLD_NS : unhooked && now - unhooked > ENDS_NS)
			break;
	}
	if (!has)
		atomic_fetch_add_relaxed(&hot.early, 1);
}

static void hold_unsafe(void)
{
	struct await wait = wait_of_walker();

	while (!atomic_load_acquire(&hot.over) && await_step(&wait))
		;
}

static void hold_after_pointer(const struct hot_walk *w)
{
	u64 before = begun();

	atomic_fetch_add_release(&hot.inside, 1);
	if (hot.how->safe)
		hold_safe(w, before);
	else
		hold_unsafe();
}

/* Tables of added memory are pages of the buddy, so their cells are in the linear map. */
static bool cell_of_table(const struct pt_cell *cell)
{
	return page_provenance(pa_page(linear_pa((vaddr_t)(uintptr_t)cell))) == PAGE_TABLE;
}

static bool load_hot(const struct pt_cell *cell, pte_t *val)
{
	struct hot_walk *w = &walks[this_cpu()->nr];

	if (++w->loads == kpt.fmt->levels) {
		hold_after_pointer(w);
		atomic_fetch_add_relaxed(&hot.stopped, 1);
		if (!cell_of_table(cell)) {
			atomic_fetch_add_relaxed(&hot.gone, 1);
			return false;
		}
	}
	*val = atomic_load_relaxed((const pte_t *)cell);
	w->pointer = (const pte_t *)cell;
	w->was = *val;
	return true;
}

static bool take_hot(paddr_t frame)
{
	(void)frame;
	return true; /* memory of an unused block, which has no count */
}

static void give_hot(paddr_t frame)
{
	(void)frame;
}

static void walk_hot(void *arg)
{
	static const struct gup_ops ops = { load_hot, take_hot, give_hot };
	struct gup_page page;

	(void)arg;
	for (u32 round = 1; round <= ROUNDS; round++) {
		await_word(&hot.round, round, 0);
		walks[this_cpu()->nr].loads = 0;
		gup_fast(&kpt, linear_va(hot.r.pa), hot.how->style, &ops, &page);
		atomic_fetch_add_release(&hot.finished, 1);
	}
}

static void remove_hot(struct test_run *t, u32 walkers)
{
	for (u32 round = 1; round <= ROUNDS; round++) {
		bool there = range_add(t, &hot.r);

		atomic_store_relaxed(&hot.over, !there);
		atomic_store_relaxed(&hot.inside, 0);
		/* release: the mapping, and the flags, before the round */
		atomic_store_release(&hot.round, round);
		if (there) {
			await_word(&hot.inside, walkers, 0);
			range_remove(t, &hot.r);
		}
		/* release: the whole removal before walkers continue */
		atomic_store_release(&hot.over, 1);
		await_word(&hot.finished, round * walkers, 0);
	}
}

TEST(gup, vs_hotremove,
     .claim = "a lockless walker in the kernel's tree finds a table that hot-remove freed exactly "
	      "if tables= does not wait for it",
     .rows = "S3-25 X-06", .needs = NEED_RANGE | NEED_SMP, .could = COULD_YES,
     .params = PARAMS_OF(disciplines))
{
	const struct tables_scheme *before = kpt_tables_selected();
	const struct discipline *d = &disciplines[t->param_at];
	u32 walkers = cpus_online_nr() - 1;
	struct grace_stats from, to;
	struct range r;

	if (!range_get(t, &r, 1, "host"))
		return;
	r.opts.leaf = 0; /* so that tables of pages are made and freed */
	memset(&hot, 0, sizeof(hot));
	hot.r = r;
	hot.how = d;
	grace_stats_read(&from);
	kpt_tables_select(tables_scheme_find(d->scheme, NULL));
	cpu_post(other_cpus(), walk_hot, NULL);
	remove_hot(t, walkers);
	cpu_wait(other_cpus());
	kpt_tables_select(before);
	grace_stats_read(&to);
	test_key(t, "walks=%lu gone=%lu periods=%lu syncs=%lu", hot.stopped, hot.gone,
		 to.periods - from.periods, to.syncs - from.syncs);
	CHECK_EQ(t, hot.stopped, (u64)ROUNDS * walkers);
	if (d->safe) /* also if no walker was waited for, since the scheme may not wait */
		CHECK_EQ(t, hot.gone, 0);
	if (hot.early) {
		range_reset(&hot.r);
		test_skip(t, "%lu of %lu invalidations waited for the walker, or took too long",
			  hot.early, hot.stopped);
		return;
	}
	if (!d->safe)
		CHECK(t, hot.gone > 0);
	/* each removal waited as its scheme defines */
	if (!strcmp(d->scheme, "interrupt"))
		CHECK(t, to.syncs - from.syncs >= ROUNDS);
	else if (strcmp(d->scheme, "at-once"))
		CHECK(t, to.periods - from.periods >= ROUNDS);
	range_reset(&hot.r);
}
