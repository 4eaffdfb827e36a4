/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-02, V-07: a storm of 10^5 events that all other CPUs post with interrupts disabled, inside an
 * interrupt, or in an interrupt of the consumer.  No event is lost or answered twice, those of one
 * poster stay in order, and no state remains.
 */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <tests/events/events.h>

#define EVENTS 100000
#define RING 16    /* events outstanding per poster */
#define NESTED 256 /* every 256th is posted in an interrupt of the consumer's CPU */

static struct poster {
	struct event ring[RING];
	u64 posted, want;
	u64 answered, refused; /* answers received */
	u64 wrong; /* not taken, still outstanding, or out of order; atomic: two CPUs count */
} posters[CPUS_MAX] NOINIT;

/* The address contains the poster's sequence number. */
static int answer(struct event *e, const struct event_answer *a)
{
	struct poster *p = e->cookie;

	if (event_pending(e) || e->range[0].pa != p->answered * layout.block_bytes)
		atomic_fetch_add_relaxed(&p->wrong, 1);
	p->refused += a->code != 0;
	/* release: the poster refills the event after it sees this */
	atomic_store_release(&p->answered, p->answered + 1);
	return EVENT_NO_OST;
}

static const struct event_source storm_source = {
	.name = "storm",
	.label = "storm",
	.answer = answer,
	.quiet = true,
};
EVENT_SOURCE(test_storm, storm_source);

static bool may_post(const struct poster *p)
{
	return p->posted < p->want && !test_aborted();
}

/* Post the next event of the ring, after the event of its slot was answered. */
static void post_next(void *arg)
{
	struct poster *p = arg;
	struct event *e = &p->ring[p->posted % RING];

	if (p->posted - atomic_load_acquire(&p->answered) >= RING)
		return;
	e->range[0].pa = p->posted * layout.block_bytes;
	if (!event_post(e))
		atomic_fetch_add_relaxed(&p->wrong, 1);
	p->posted++;
}

static void post_all(void *arg)
{
	struct poster *p = &posters[this_cpu()->nr];
	struct cpu_pause pause = { 0 };

	(void)arg;
	while (may_post(p)) {
		u64 before = p->posted, flags;

		if (p->posted % NESTED == NESTED - 1) {
			ipi_call(cpu_bit(0), post_next, p);
		} else {
			flags = arch_irq_save();
			post_next(p);
			arch_irq_restore(flags);
		}
		if (p->posted != before) {
			pause = (struct cpu_pause) { 0 };
			continue;
		}
		cpu_serve();
		cpu_pause(&pause);
	}
}

static void prepare(struct poster *p, unsigned posters_nr)
{
	memset(p, 0, sizeof(*p));
	p->want = EVENTS / posters_nr;
	for (unsigned i = 0; i < RING; i++) {
		p->ring[i].source = &storm_source;
		p->ring[i].op = EVENT_REMOVE;
		p->ring[i].nr_ranges = 1;
		p->ring[i].range[0].len = layout.block_bytes;
		p->ring[i].cookie = p;
	}
}

static bool all_posted(void *arg)
{
	(void)arg;
	return cpus_idle();
}

static void check_poster(struct test_run *t, const struct poster *p)
{
	for (unsigned i = 0; i < RING; i++)
		CHECK(t, !event_pending(&p->ring[i]));
	CHECK_EQ(t, p->posted, p->want);
	CHECK_EQ(t, p->answered, p->posted);
	CHECK_EQ(t, p->refused, p->answered); /* that memory is absent */
	CHECK_EQ(t, p->wrong, 0);
}

TEST(events, storm,
     .claim = "of 100000 events from interrupts of every CPU none is lost, doubled or reordered",
     .rows = "V-02 V-07", .rev = 2, .identity = true, .needs = NEED_SMP, .timeout_s = 300)
{
	cpumask_t others = cpus_online() & ~cpu_bit(0);
	unsigned nr = cpus_online_nr() - 1;

	for (unsigned c = 1; c < CPUS_MAX; c++)
		if (others & cpu_bit(c))
			prepare(&posters[c], nr);
	cpu_post(others, post_all, NULL);
	while (!events_wait(all_posted, NULL, 100) && !test_aborted())
		;
	cpu_wait(others);
	event_run();
	for (unsigned c = 1; c < CPUS_MAX; c++)
		if (others & cpu_bit(c))
			check_poster(t, &posters[c]);
	test_key(t, "events=%u", EVENTS / nr * nr);
}

/* ---- one event posted by two CPUs ---- */

#define ROUNDS_MOST 20000
#define ROUNDS_NS 2000000000ul
#define ROUND_LAST (~0u)

static struct {
	struct event event;
	u32 round, done, taken;
	u64 answered;
} shared NOINIT;

static int answer_shared(struct event *e, const struct event_answer *a)
{
	(void)e, (void)a;
	shared.answered++;
	return EVENT_NO_OST;
}

static const struct event_source shared_source = {
	.name = "shared",
	.label = "shared",
	.answer = answer_shared,
	.quiet = true,
};
EVENT_SOURCE(test_shared, shared_source);

static void post_once(void)
{
	if (event_post(&shared.event))
		atomic_add_fetch_release(&shared.taken, 1);
}

/* Both begin a round at the same time, and nothing is consumed before both have posted. */
static void post_shared(void *arg)
{
	u32 round, seen = 0;

	(void)arg;
	for (;; seen = round) {
		await_word(&shared.round, seen + 1, 0);
		round = atomic_load_acquire(&shared.round);
		if (round == ROUND_LAST)
			return;
		post_once();
		atomic_add_fetch_release(&shared.done, 1);
	}
}

static void one_round(u32 nr)
{
	shared.done = 0;
	atomic_store_release(&shared.round, nr);
	post_once();
	await_word(&shared.done, 1, 0);
	event_run();
}

TEST(events, posted_together,
     .claim = "if two CPUs post one event at once, one post is accepted and answered once",
     .rows = "V-02 V-07", .needs = NEED_SMP | NEED_RANGE, .could = COULD_YES)
{
	cpumask_t others = cpus_online() & ~cpu_bit(0), other = others & -others;
	u64 since = clock_ns(), wrong = 0;
	u32 rounds = 0;
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	memset(&shared, 0, sizeof(shared));
	test_event(&shared.event, EVENT_REMOVE, &r); /* of absent memory */
	shared.event.source = &shared_source;
	cpu_post(other, post_shared, NULL);
	while (rounds < ROUNDS_MOST && (!rounds || clock_ns() - since < ROUNDS_NS) &&
	       !test_aborted()) {
		one_round(++rounds);
		wrong += shared.taken != rounds || shared.answered != rounds;
	}
	atomic_store_release(&shared.round, ROUND_LAST);
	cpu_wait(other);
	CHECK_EQ(t, wrong, 0);
	CHECK(t, rounds > 0 && !event_pending(&shared.event));
	test_key(t, "rounds=%u taken=%u", rounds, shared.taken);
}
