/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S3-20, S3-21: which walkers are safe while which scheme frees tables.  The expectation is a table
 * of this file, from mailing-list thread S3: every scheme that waits at all waits for a walker with
 * interrupts off; a scheme that waits by an interrupt does not wait for a walker in a read section.
 *
 * Tested twice: in every order of two CPUs, and on real CPUs, where the walkers stop between the
 * load of a pointer and the next load, until the removal has ended or a time has passed.
 */
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <tests/gup/gup_race.h>
#include <tests/harness/explore.h>

#define ROUNDS 12
/* A walker stops until the removal has ended; for this time if the removal waits for it. */
#define HOLD_NS 3000000
#define MOST_NS 1000000000 /* ... and at most this long if it does not */

static const struct cell {
	const char *name;
	enum gup_style style;
	const char *scheme;
	bool no_memory; /* allocations of batches fail */
	bool safe;
	bool waits; /* the removal returns only after the walker has left */
} cells[] = {
	{ "irq-off.at-once", GUP_IRQS_OFF, "at-once", false, false, false },
	{ "irq-off.batch", GUP_IRQS_OFF, "batch", false, true, false },
	{ "irq-off.batch.no-memory", GUP_IRQS_OFF, "batch", true, true, true },
	{ "irq-off.batch-wait.no-memory", GUP_IRQS_OFF, "batch-wait", true, true, true },
	{ "irq-off.interrupt", GUP_IRQS_OFF, "interrupt", false, true, true },
	{ "irq-off.defer", GUP_IRQS_OFF, "defer", false, true, false },
	{ "read-section.at-once", GUP_READ_SECTION, "at-once", false, false, false },
	{ "read-section.batch", GUP_READ_SECTION, "batch", false, true, false },
	{ "read-section.batch.no-memory", GUP_READ_SECTION, "batch", true, false, false },
	{ "read-section.batch-wait.no-memory", GUP_READ_SECTION, "batch-wait", true, true, true },
	{ "read-section.interrupt", GUP_READ_SECTION, "interrupt", false, false, false },
	{ "read-section.defer", GUP_READ_SECTION, "defer", false, true, false },
};

static struct table_batch *no_batch(void)
{
	return NULL;
}

static struct {
	const struct cell *cell;
	/* results of the walkers, atomic */
	u64 walks, taken, junk, gone;
	/* of the rounds on real CPUs, atomic */
	u32 round, inside, over, finished;
	u64 cost; /* of the removals */
} matrix;

static void matrix_begin(const struct cell *c)
{
	struct why why = { 0 };

	memset(&matrix, 0, sizeof(matrix));
	matrix.cell = c;
	gup_tree_begin(tables_scheme_find(c->scheme, &why));
	gup_tree.tables.batch_take = c->no_memory ? no_batch : NULL;
}

/* One walk, checked against the values that the place may have. */
static void walk_checked(unsigned place, pt_careful_fn *load)
{
	const struct gup_ops ops = { load, gup_frame_take, gup_frame_give };
	struct gup_page page;
	int err = gup_fast(&gup_tree.pt, gup_va(place), matrix.cell->style, &ops, &page);

	atomic_fetch_add_relaxed(&matrix.walks, 1);
	/* above level 0 the value is the entry that ended the walk: empty, or junk */
	if (err != -EAGAIN && !gup_value_ok(place, page.val, page.level))
		atomic_fetch_add_relaxed(&matrix.junk, 1);
	if (err)
		return;
	atomic_fetch_add_relaxed(&matrix.taken, 1);
	if (!gup_frame_ok(place, page.frame))
		atomic_fetch_add_relaxed(&matrix.junk, 1);
	gup_frame_give(page.frame);
}

static bool load_checked(const struct pt_cell *cell, pte_t *val)
{
	if (gup_cell_gone(cell)) {
		atomic_fetch_add_relaxed(&matrix.gone, 1);
		return false;
	}
	*val = atomic_load_relaxed((const pte_t *)cell);
	return true;
}

/* ---- every order of two CPUs ---- */

static bool load_stepped(const struct pt_cell *cell, pte_t *val)
{
	explore_point(matrix.cell->style == GUP_IRQS_OFF);
	return load_checked(cell, val);
}

static void matrix_walker(void *arg)
{
	(void)arg;
	walk_checked(1, load_stepped);
}

static void matrix_remover(void *arg)
{
	(void)arg;
	gup_unmap();
	grace_barrier();
}

static void matrix_setup(void *arg)
{
	matrix_begin(arg);
	gup_map();
}

static const char *matrix_check(void *arg)
{
	(void)arg;
	if (gup_tree.tables.released != gup_tree.tables.freed)
		return "a table was not freed";
	if (gup_frames_held())
		return "a reference was not dropped";
	if (matrix.gone)
		return "the walker is inside a freed table";
	return matrix.junk ? "the walker read a value that was never written there" : NULL;
}

static bool matrix_matters(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && e->pt == &gup_tree.pt;
}

static struct explore walk_against_free(const struct cell *c)
{
	return (struct explore) { .actors = 2,
				  .run = { matrix_walker, matrix_remover },
				  .setup = matrix_setup,
				  .check = matrix_check,
				  .arg = (void *)(uintptr_t)c,
				  .bound = 2,
				  .sure = 2,
				  .unsafe = !c->safe,
				  .matters = matrix_matters,
				  .lock = 1 };
}

TEST(gup, sync_matrix,
     .claim = "in every order of two CPUs a walker is inside a freed table exactly if mailing-list "
	      "thread S3 states it",
     .rows = "S3-06 S3-10 S3-20 S3-21 X-06", .needs = NEED_SMP, .params = PARAMS_OF(cells))
{
	const struct cell *c = &cells[t->param_at];
	struct explore e = walk_against_free(c);

	if (!explore_can(t, 2) || !gup_tree_take(t))
		return;
	explore(t, &e);
	gup_tree_give();
}

/* ---- on real CPUs ---- */

/* Called between two loads.  With interrupts off no call is served here. */
static void hold_walk(void)
{
	struct await w = { .most_ns = matrix.cell->waits ? HOLD_NS : MOST_NS,
			   .deaf = matrix.cell->style != GUP_READ_SECTION };

	atomic_fetch_add_release(&matrix.inside, 1);
	while (!atomic_load_acquire(&matrix.over) && await_step(&w))
		;
}

/* The second load is the first that follows a pointer, so a walk stops once. */
static u32 loads[CPUS_MAX];

static bool load_held(const struct pt_cell *cell, pte_t *val)
{
	if (++loads[this_cpu()->nr] == gup_tree.pt.fmt->levels)
		hold_walk();
	return load_checked(cell, val);
}

static void walk_rounds(void *arg)
{
	(void)arg;
	for (u32 round = 1; round <= ROUNDS; round++) {
		await_word(&matrix.round, round, 0);
		loads[this_cpu()->nr] = 0;
		walk_checked(this_cpu()->nr % GUP_PAGES, load_held);
		atomic_fetch_add_release(&matrix.finished, 1);
	}
}

static void remove_rounds(u32 walkers)
{
	for (u32 round = 1; round <= ROUNDS; round++) {
		gup_map();
		atomic_store_relaxed(&matrix.over, 0);
		atomic_store_relaxed(&matrix.inside, 0);
		/* release: the mapping and the flags before the round */
		atomic_store_release(&matrix.round, round);
		await_word(&matrix.inside, walkers, 0);
		matrix.cost -= cost_now();
		gup_unmap();
		grace_poll();
		matrix.cost += cost_now();
		/* release: the whole removal before walkers continue */
		atomic_store_release(&matrix.over, 1);
		await_word(&matrix.finished, round * walkers, 0);
		table_free_end(&gup_tree.tables);
	}
}

/* Every other CPU walks, and this one removes. */
static void race_cell(const struct cell *c)
{
	cpumask_t others = other_cpus();

	matrix_begin(c);
	cpu_post(others, walk_rounds, NULL);
	remove_rounds(cpus_online_nr() - 1);
	cpu_wait(others);
}

/* A scheme that is not in the table above is expected to wait for walkers. */
void gup_race_run(const struct tables_scheme *scheme, enum gup_style style, bool no_memory,
		  struct gup_race *out)
{
	const struct table_free *f = &gup_tree.tables;
	struct cell c = {
		.style = style, .scheme = scheme->s.name, .no_memory = no_memory, .waits = true
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cells); i++)
		if (cells[i].style == style && cells[i].no_memory == no_memory &&
		    !strcmp(cells[i].scheme, c.scheme))
			c.waits = cells[i].waits;
	race_cell(&c);
	*out = (struct gup_race) { .walks = matrix.walks,
				   .caught = matrix.gone + matrix.junk,
				   .tables = f->freed,
				   .callbacks = f->callbacks,
				   .waits = f->waits,
				   .most = f->most,
				   .cost = matrix.cost };
}

static void report_numbers(struct test_run *t)
{
	const struct table_free *f = &gup_tree.tables;

	test_key(t, "walks=%lu", matrix.walks);
	test_key(t, "caught=%lu", matrix.gone + matrix.junk);
	test_key(t, "tables=%lu", f->freed);
	test_key(t, "callbacks=%lu", f->callbacks);
	test_key(t, "waits=%lu", f->waits);
	test_key(t, "most=%lu", f->most);
}

TEST(gup, race,
     .claim = "on real CPUs walkers read a freed table exactly if mailing-list thread S3 states it",
     .rows = "S3-06 S3-10 S3-20 S3-21 X-06", .needs = NEED_SMP, .could = COULD_YES,
     .params = PARAMS_OF(cells))
{
	const struct cell *c = &cells[t->param_at];

	if (!gup_tree_take(t))
		return;
	race_cell(c);
	report_numbers(t);
	CHECK_EQ(t, gup_frames_held(), 0);
	CHECK_EQ(t, matrix.walks, (u64)ROUNDS * (cpus_online_nr() - 1));
	if (c->safe)
		CHECK_EQ(t, matrix.gone + matrix.junk, 0);
	else
		CHECK(t, matrix.gone + matrix.junk > 0);
	gup_tree_give();
}
