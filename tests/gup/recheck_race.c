/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S3-10: the race that tests/gup/recheck.c steps through, on running CPUs.  One CPU takes a page
 * without a lock; another unmaps it meanwhile and gives its frame to another owner.
 *
 * This file counts references and owner of the frame: a walker that ends with a frame whose owner
 * is not the mapping has taken another owner's frame.  It loads the real cells; the twin ignores
 * only the second read.
 */
#include <lib/atomic.h>
#include <tests/gup/gup_tree.h>
#include <tests/harness/duel.h>
#include <tests/harness/util.h>

#define PLACE 3
#define WALKS 3      /* in each round; the removal is during one of them, or after */
#define LINGER 20000 /* limit of the loops between the leaf and its page */
#define LATER 30000  /* limit of the loops from the first walk to the removal */

enum { OF_THE_MAPPING, OF_ANOTHER };

static struct {
	enum gup_style style;
	bool repeat; /* the twin: the second read returns the values of the first */
	bool hold;   /* the walker stops between the leaf and its page */
	bool held;   /* it has stopped in this round */
	u32 begun;   /* atomic: the walker runs */
	u32 refs;    /* atomic: of the frame */
	u32 owner;   /* atomic */
	u32 taken;   /* by the walker, all rounds */
	bool wrong;  /* it has a frame of another owner in this round */
	unsigned loads;
	pte_t seen[2 * PT_LEVELS_MAX];
	struct rng rng[2]; /* by CPU */
} race;

static bool load_ignored(const struct pt_cell *cell, pte_t *val)
{
	unsigned levels = gup_tree.pt.fmt->levels, n = race.loads++;

	*val = atomic_load_relaxed((const pte_t *)cell);
	if (race.repeat && n >= levels)
		*val = race.seen[n - 2];
	race.seen[n] = *val;
	return true;
}

static void race_loops(u64 most)
{
	for (volatile u64 n = rng_below(&race.rng[this_cpu()->nr != 0], most); n; n--)
		;
}

/* Called when the leaf is read and the page not yet taken: delay here. */
static void delay_before_take(void)
{
	if (race.hold && !race.held) {
		race.held = true;
		duel_stop(race.style == GUP_IRQS_OFF);
	} else {
		race_loops(LINGER);
	}
}

static bool take_counted(paddr_t frame)
{
	u32 was;

	(void)frame;
	delay_before_take();
	was = atomic_load_relaxed(&race.refs);
	do
		if (!was)
			return false;
	while (!atomic_cas_seq_cst(&race.refs, &was, was + 1));
	return true;
}

static void drop_counted(void)
{
	if (atomic_fetch_sub_seq_cst(&race.refs, 1) != 1)
		return;
	/* No reference is left: another owner gets the frame, with one reference. */
	atomic_store_relaxed(&race.owner, OF_ANOTHER);
	/* release: the owner before the count to which a walker adds */
	atomic_store_release(&race.refs, 1);
}

static void give_counted(paddr_t frame)
{
	(void)frame;
	drop_counted();
}

static void race_walker(void)
{
	const struct gup_ops ops = { load_ignored, take_counted, give_counted };
	struct gup_page page;

	atomic_store_relaxed(&race.begun, 1);
	for (unsigned n = 0; n < WALKS; n++) {
		race.loads = 0;
		if (gup_fast(&gup_tree.pt, gup_va(PLACE), race.style, &ops, &page))
			continue;
		race.taken++;
		race.wrong |= atomic_load_relaxed(&race.owner) != OF_THE_MAPPING;
		drop_counted();
	}
}

/* A CPU that slept may start late, so the removal waits until a walk has begun. */
static void await_walker(void)
{
	await_word(&race.begun, 1, 0);
	race_loops(LATER);
}

static void race_remover(void)
{
	if (race.hold)
		duel_await_stop();
	else
		await_walker();
	gup_unmap();
	drop_counted();
	if (race.hold)
		duel_pass();
	grace_barrier(); /* the tables are freed */
}

static void race_setup(void)
{
	struct why why = { 0 };

	gup_tree_begin(tables_scheme_find("defer", &why));
	gup_map();
	race.begun = 0;
	race.refs = 1;
	race.owner = OF_THE_MAPPING;
	race.held = race.wrong = false;
}

static const char *race_verdict(void)
{
	return race.wrong ? "the walker has a page of another owner" : NULL;
}

static struct duel run_recheck(struct test_run *t, bool repeat, bool hold, u32 most_lost)
{
	struct duel d = { .setup = race_setup,
			  .here = race_remover,
			  .there = race_walker,
			  .check = race_verdict,
			  .most_lost = most_lost };

	race.style = t->param_at ? GUP_READ_SECTION : GUP_IRQS_OFF;
	race.repeat = repeat;
	race.hold = hold;
	race.taken = 0;
	race.rng[0].state = rng_next(&t->rng);
	race.rng[1].state = rng_next(&t->rng);
	duel(t, &d);
	return d;
}

static void expect_silent(struct test_run *t, bool hold)
{
	struct duel d = run_recheck(t, false, hold, 1);

	if (d.wrong)
		test_fail(t, __FILE__, __LINE__, "round %u: %s", d.rounds, d.wrong);
	test_key(t, "%s=%u", hold ? "held" : "taken", hold ? d.rounds : race.taken);
}

static const char *const race_styles[] = { "irq-off", "read-section", NULL };

TEST(gup, recheck_race,
     .claim = "on running CPUs a walker never ends with another owner's frame; without the second "
	      "read it does",
     .rows = "S3-10", .needs = NEED_SMP, .could = COULD_YES, .params = race_styles)
{
	struct duel d;

	if (!gup_tree_take(t))
		return;
	expect_silent(t, false);
	expect_silent(t, true);
	d = run_recheck(t, true, false, 8);
	test_key(t, "twin=%u/%u", d.lost, d.rounds);
	d = run_recheck(t, true, true, 2);
	test_key(t, "twin_held=%u", d.lost);
	CHECK(t, d.lost > 0);
	gup_tree_give();
}
