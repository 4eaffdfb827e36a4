/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S3-05 to S3-09: tables that share pages, under lockless walkers.  The scheme whose list is in the
 * first words of free tables is caught, although mailing-list thread S3 expected that no test would
 * catch it.  The values that ordinary tests check are right even with it: gup.fragments_blind.
 */
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <tests/gup/gup_tree.h>
#include <tests/harness/explore.h>
#include <tests/harness/promises.h>

#define ROUNDS 60
#define UNTIL_MS 700
#define LINGER 50000
#define LET_NS 20000000
#define HELD_ROUNDS 4
#define HELD_NS 2000000000 /* longest stop of a walker until the fragment is pending */

/* The expectation, from mailing-list thread S3. */
static const struct design {
	const char *name;
	bool safe;
} designs[] = {
	{ "listed", true },
	{ "in-table", false },
	{ "whole-page", true },
	{ "relist", true },
};

static struct {
	u64 walks[CPUS_MAX], taken[CPUS_MAX], junk[CPUS_MAX];
	u32 stop;         /* atomic */
	u32 inside;       /* atomic: walkers that delay */
	u32 hold;         /* atomic: walkers stop until it is 0 */
	u64 rounds;       /* limit of the rounds whose walkers do not stop */
	u64 caught, held; /* rounds in which a walker read junk; the same for rounds whose walkers
			     stop */
	struct test_run *t;
} found NOINIT;

static const struct frag_scheme *design_scheme(const struct design *d)
{
	struct why why = { 0 };

	return frag_scheme_find(d->name, &why);
}

static void walk_fragments(unsigned place, enum gup_style style, pt_careful_fn *load)
{
	const struct gup_ops ops = { load, gup_frame_take, gup_frame_give };
	unsigned cpu = this_cpu()->nr;
	struct gup_page page;
	int err = gup_fast(&gup_tree.pt, gup_va(place), style, &ops, &page);

	found.walks[cpu]++;
	if (err != -EAGAIN && !gup_value_ok(place, page.val, page.level))
		found.junk[cpu]++;
	if (err)
		return;
	found.taken[cpu]++;
	gup_frame_give(page.frame);
}

static u64 total(const u64 *of)
{
	u64 sum = 0;

	for (unsigned n = 0; n < CPUS_MAX; n++)
		sum += atomic_load_relaxed(&of[n]);
	return sum;
}

/* ---- every order of two CPUs ---- */

static bool load_fragment_stepped(const struct pt_cell *cell, pte_t *val)
{
	explore_point(false);
	*val = atomic_load_relaxed((const pte_t *)cell);
	return true;
}

static void fragment_walker(void *arg)
{
	(void)arg;
	walk_fragments(0, GUP_READ_SECTION, load_fragment_stepped);
}

static void fragment_remover(void *arg)
{
	(void)arg;
	gup_unmap();
	explore_point(false);
	grace_barrier();
}

static void fragment_setup(void *arg)
{
	memset(found.junk, 0, sizeof(found.junk));
	gup_frag_begin(found.t, design_scheme(arg));
	gup_map();
	gup_frag_anchor();
}

static const char *fragment_check(void *arg)
{
	(void)arg;
	gup_frag_end();
	if (gup_frames_held())
		return "a reference was not dropped";
	return total(found.junk) ? "the walker read a value that was never written there" : NULL;
}

static bool fragment_matters(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && e->pt == &gup_tree.pt;
}

TEST(gup, fragments,
     .claim = "in every order of two CPUs a walker reads only entries from a table that shares its "
	      "page; a list in tables is detected",
     .rows = "S3-05 S3-06 S3-07 S3-09 S3-19", .needs = NEED_SMP, .params = PARAMS_OF(designs))
{
	const struct design *d = &designs[t->param_at];
	struct explore e = { .actors = 2,
			     .run = { fragment_walker, fragment_remover },
			     .setup = fragment_setup,
			     .check = fragment_check,
			     .arg = (void *)(uintptr_t)d,
			     .bound = 2,
			     .sure = 2,
			     .unsafe = !d->safe,
			     .matters = fragment_matters,
			     .lock = 1 };

	if (!explore_can(t, 2) || !gup_tree_take(t))
		return;
	memset(&found, 0, sizeof(found));
	found.t = t;
	explore(t, &e);
	gup_tree_give();
}

/* ---- walkers on every CPU ---- */

/* The walker is in a section, perhaps with interrupts off, so this CPU serves no calls. */
static void hold_fragment(void)
{
	struct await w = { .most_ns = HELD_NS, .deaf = true };

	while (atomic_load_acquire(&found.hold) && await_step(&w))
		;
}

/* Some walks delay after they load the first pointer, as a CPU may at any instruction. */
static u32 fragment_loads[CPUS_MAX];

static bool load_fragment_slowly(const struct pt_cell *cell, pte_t *val)
{
	if (fragment_loads[this_cpu()->nr]++ == 1) {
		atomic_fetch_add_relaxed(&found.inside, 1);
		if (atomic_load_acquire(&found.hold))
			hold_fragment();
		else
			for (volatile unsigned k = LINGER; k; k--)
				;
		atomic_fetch_sub_relaxed(&found.inside, 1);
	}
	*val = atomic_load_relaxed((const pte_t *)cell);
	return true;
}

static void fragment_walks(void *arg)
{
	bool irqs = this_cpu()->nr % 2;
	struct cpu_pause p = { 0 };

	(void)arg;
	for (u64 n = 1; !atomic_load_relaxed(&found.stop); n++) {
		/* every second walk does not delay */
		fragment_loads[this_cpu()->nr] = n % 2 ? 0 : 2;
		walk_fragments(atomic_load_relaxed(&found.hold) ? 0 : n / 2 % 4,
			       irqs ? GUP_IRQS_OFF : GUP_READ_SECTION, load_fragment_slowly);
		if (!(n % 16))
			cpu_pause(&p);
	}
}

/* If there are walkers, wait until one has taken a page and one is delayed. */
static void await_walks(bool walkers, u64 taken)
{
	struct await w = { .most_ns = LET_NS };

	while (walkers && (total(found.taken) == taken || !atomic_load_relaxed(&found.inside)) &&
	       await_step(&w))
		;
}

/* Map and unmap; the values that ordinary tests check have to be right in each round. */
static u64 one_round(struct test_run *t, bool first, bool walkers)
{
	u64 before = total(found.junk), taken = total(found.taken);

	gup_map();
	if (first)
		gup_frag_anchor();
	for (unsigned i = 0; i < GUP_PAGES; i++)
		CHECK_EQ(t, pt_translate(&gup_tree.pt, gup_va(i)), gup_frame(i));
	await_walks(walkers, taken);
	gup_unmap();
	grace_barrier(); /* walkers continue meanwhile */
	for (unsigned i = 0; i < GUP_PAGES; i++)
		CHECK_EQ(t, pt_translate(&gup_tree.pt, gup_va(i)), PA_NONE);
	return total(found.junk) != before;
}

/* A walker is stopped inside the fragment while it becomes pending, independent of the host's
 * timing. */
static u64 held_round(struct test_run *t)
{
	u64 before = total(found.junk);

	atomic_store_relaxed(&found.hold, 1);
	grace_wait(); /* walks of other places have ended */
	gup_map();
	CHECK(t, await_word(&found.inside, 1, HANG_NS));
	gup_unmap();
	/* release: the walkers observe the changes of the fragment */
	atomic_store_release(&found.hold, 0);
	grace_barrier();
	return total(found.junk) != before;
}

/* A host may not run a CPU for a long time, so without a walk only HANG_NS ends the rounds. */
static bool enough(u64 rounds, u64 ns, bool walked)
{
	return walked ? rounds >= found.rounds || ns >= UNTIL_MS * 1000000ul : ns >= HANG_NS;
}

static u64 rounds_with_walkers(struct test_run *t, cpumask_t walkers)
{
	u64 rounds = 0, start = clock_ns();

	cpu_post(walkers, fragment_walks, NULL);
	while (!enough(rounds, clock_ns() - start, !walkers || total(found.taken)) &&
	       !test_aborted())
		found.caught += one_round(t, !rounds++, walkers);
	for (unsigned i = 0; walkers && i < HELD_ROUNDS; i++)
		found.held += held_round(t);
	atomic_store_relaxed(&found.stop, 1);
	cpu_wait(walkers);
	return rounds;
}

static void report_fragments(struct test_run *t, u64 rounds, const struct frag_stats *before,
			     const struct frag_stats *after)
{
	u64 callbacks = after->callbacks - before->callbacks;
	u64 defers = gup_tree.space.defers;

	test_key(t, "rate=%lu/%lu", found.caught, rounds);
	test_key(t, "held=%lu/%u", found.held, HELD_ROUNDS);
	test_key(t, "walks=%lu", total(found.walks));
	test_key(t, "taken=%lu", total(found.taken));
	test_key(t, "frees=%lu", defers);
	test_key(t, "callbacks=%lu", callbacks);
	test_key(t, "skipped=%lu/%lu", gup_tree.space.skipped, gup_tree.space.scanned);
}

static void run_fragments(struct test_run *t, const struct frag_scheme *how, cpumask_t walkers,
			  u64 most)
{
	struct frag_stats before, after;
	u64 rounds;

	memset(&found, 0, sizeof(found));
	found.rounds = most;
	frag_stats_read(&before);
	if (!gup_frag_begin(t, how))
		return;
	rounds = rounds_with_walkers(t, walkers);
	gup_frag_end();
	frag_stats_read(&after);
	report_fragments(t, rounds, &before, &after);
	CHECK_EQ(t, after.pages, before.pages);
	CHECK_EQ(t, after.ctors - before.ctors, after.dtors - before.dtors);
	CHECK_EQ(t, gup_frames_held(), 0);
}

TEST(gup, detect_rate,
     .claim = "walkers on every CPU detect a list in pending tables, and report no other design",
     .rows = "S3-06 S3-07 S3-09 S3-14 S3-23", .needs = NEED_SMP, .could = COULD_YES,
     .params = PARAMS_OF(designs))
{
	const struct design *d = &designs[t->param_at];

	if (!gup_tree_take(t))
		return;
	run_fragments(t, design_scheme(d), other_cpus(), ROUNDS);
	CHECK(t, total(found.taken) > 0);
	if (d->safe)
		CHECK_EQ(t, total(found.junk), 0);
	else
		CHECK(t, found.held > 0);
	gup_tree_give();
}

TEST(gup, fragments_blind,
     .claim = "mappings, counts and lists are right with every design, even the broken one",
     .rows = "S3-09 S3-24", .could = COULD_YES, .params = PARAMS_OF(designs))
{
	if (!gup_tree_take(t))
		return;
	run_fragments(t, design_scheme(&designs[t->param_at]), 0, ROUNDS);
	gup_tree_give();
}

/* A scheme that is marked unsafe is tested only if frag= names it. */
TEST(gup, promised_entries,
     .claim = "walkers of a pending table read only entries, with the designs that promise it",
     .rows = "S3-06", .needs = NEED_SMP, .could = COULD_YES)
{
	bool named = arg_given(&boot_args, ARG_FRAG);
	unsigned nr = 0;

	if (!gup_tree_take(t))
		return;
	reg_for_each (frag, it)
		if (promise_under_test(&(*it)->s, PROMISE_ENTRIES, ARG_FRAG) &&
		    (named || !(*it)->s.unsafe)) {
			test_key(t, "%s=asked", (*it)->s.name);
			run_fragments(t, *it, other_cpus(), HELD_ROUNDS);
			CHECK_EQ(t, total(found.junk), 0);
			nr++;
		}
	gup_tree_give();
	if (!nr)
		test_skip(t, "no scheme in force promises it");
}
