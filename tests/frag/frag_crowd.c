/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S3-12, S3-13, S3-21: every CPU allocates, frees and defers fragments of one space at once; and
 * one free waits because there is no memory for its batch.
 */
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/pt/taps/inject.h>
#include <mm/study/fragment.h>
#include <tests/harness/util.h>

#define MINE 3            /* fragments that a CPU has at a time */
#define ROUNDS 150        /* of each CPU ... */
#define MOST_NS 400000000 /* ... at most in this time */
#define BYTES 1024

static const char *const crowd_schemes[] = { "listed", "whole-page", "relist", NULL };

static void wipe(void *fragment)
{
	u64 *w = fragment;

	for (unsigned i = 0; i < BYTES / sizeof(*w); i++)
		atomic_store_relaxed(&w[i], ~0ul);
}

static const struct frag_class crowded = { .bytes = BYTES, .dtor = wipe };
static struct frag_space crowd_space;
static struct frag_crowd {
	u64 rounds, wrong, refused, missing;
} of_cpu[CPUS_MAX] NOINIT;

/* Check that the fragment is zeroed, and mark it as this CPU's. */
static void stamp(struct frag_crowd *c, u64 *w, u64 value)
{
	for (unsigned i = 0; i < BYTES / sizeof(*w); i++) {
		c->wrong += w[i] != 0;
		w[i] = value;
	}
}

static void compare(struct frag_crowd *c, const u64 *w, u64 value)
{
	for (unsigned i = 0; i < BYTES / sizeof(*w); i++)
		c->wrong += w[i] != value;
}

static void crowd_round(struct frag_crowd *c, u64 value)
{
	u64 *mine[MINE];

	for (unsigned i = 0; i < MINE; i++) {
		mine[i] = frag_alloc(&crowd_space);
		if (mine[i])
			stamp(c, mine[i], value + i);
		else
			c->missing++;
	}
	for (unsigned i = 0; i < MINE; i++) {
		if (!mine[i])
			continue;
		compare(c, mine[i], value + i);
		c->refused += (value / MINE + i) % 3 ? !frag_defer(&crowd_space, mine[i])
						     : !frag_free(&crowd_space, mine[i]);
		grace_poll();
	}
}

static void crowd_rounds(void *arg)
{
	unsigned me = this_cpu()->nr;
	struct frag_crowd *c = &of_cpu[me];
	u64 start = clock_ns();

	(void)arg;
	while (c->rounds < ROUNDS && clock_ns() - start < MOST_NS) {
		crowd_round(c, (u64)(me + 1) << 32 | c->rounds * MINE);
		c->rounds++;
	}
}

TEST(frag, crowd,
     .claim = "while every CPU allocates, frees and defers, each fragment has one owner, and at "
	      "the end no page is left",
     .rows = "S3-12 S3-13", .needs = NEED_SMP, .could = COULD_YES, .params = crowd_schemes)
{
	struct frag_crowd sum = { 0 };
	struct frag_stats before, after;
	struct why why = { 0 };

	memset(of_cpu, 0, sizeof(of_cpu));
	frag_stats_read(&before);
	frag_space_begin(&crowd_space, &crowded, frag_scheme_find(t->param, &why), NULL);
	cpu_run(other_cpus() | cpu_bit(0), crowd_rounds, NULL);
	frag_barrier();
	frag_space_end(&crowd_space);
	frag_stats_read(&after);
	for (unsigned n = 0; n < CPUS_MAX; n++) {
		sum.rounds += of_cpu[n].rounds;
		sum.wrong += of_cpu[n].wrong;
		sum.refused += of_cpu[n].refused;
		sum.missing += of_cpu[n].missing;
	}
	test_key(t, "rounds=%lu wrong=%lu refused=%lu", sum.rounds, sum.wrong, sum.refused);
	CHECK(t, sum.rounds >= cpus_online_nr());
	CHECK_EQ(t, sum.missing, 0);
	CHECK_EQ(t, sum.wrong, 0);
	CHECK_EQ(t, sum.refused, 0);
	CHECK_EQ(t, after.pages, before.pages);
	CHECK_EQ(t, after.ctors - before.ctors, after.dtors - before.dtors);
}

/* ---- no memory for the batch ---- */

#define HOLD_NS 3000000

static struct {
	u32 inside, left, looked; /* atomic */
} reader;

static u64 deferred_now(void)
{
	struct grace_stats s;

	grace_stats_read(&s);
	return s.deferred;
}

/* Stay in the section until the other CPU waits for it, and HOLD_NS longer; or until the other CPU
 * has checked, without a wait, whether this one has left.  No fixed time is enough, because a busy
 * host may not run the other CPU meanwhile. */
static void read_for_a_while(void *arg)
{
	u64 before = deferred_now(), since = 0;
	struct await w = { 0 };

	(void)arg;
	grace_read_enter();
	atomic_store_release(&reader.inside, 1);
	while (!atomic_load_acquire(&reader.looked) && (!since || clock_ns() - since < HOLD_NS)) {
		if (!since && deferred_now() != before)
			since = clock_ns();
		await_step(&w);
	}
	atomic_store_release(&reader.left, 1);
	grace_read_leave();
}

TEST(frag, no_batch,
     .claim = "without memory for its batch a fragment is freed after the open sections end",
     .rows = "S3-21", .needs = NEED_SMP, .could = COULD_YES)
{
	cpumask_t other = other_cpus() & -other_cpus();
	struct inject_count count;
	struct why why = { 0 };
	u64 *f;

	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	memset(&reader, 0, sizeof(reader));
	frag_space_begin(&crowd_space, &crowded, frag_scheme_find("listed", &why), NULL);
	f = frag_alloc(&crowd_space);
	if (CHECK(t, f != NULL)) {
		cpu_post(other, read_for_a_while, NULL);
		await_word(&reader.inside, 1, 0);
		inject_begin(
			&(struct inject) { .points = BIT(FAIL_PAGE), .at = 1, .onwards = true });
		CHECK(t, frag_defer(&crowd_space, f));
		inject_end(&count);
		CHECK_EQ(t, atomic_load_acquire(&reader.left), 1);
		atomic_store_release(&reader.looked, 1);
		CHECK(t, count.failed > 0);
		cpu_wait(other);
	}
	frag_barrier();
	frag_space_end(&crowd_space);
}
