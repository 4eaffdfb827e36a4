/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/grace.h while every CPU replaces an object of its own, waits, and reads the other CPUs'
 * objects: a CPU answers requests of several waiting CPUs, another CPU may observe its answer to
 * one of them, and the CPU that polls first advances a period.
 */
#include <kern/grace.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <tests/harness/test.h>

#define CROWD_ROUNDS 120     /* objects that each CPU replaces ... */
#define CROWD_NS 500000000ul /* ... at most in this time */
#define CROWD_LOOKS 6        /* reads of others' objects between two replacements */
#define CROWD_LINGER 100     /* loops inside a section ... */
#define CROWD_LONGER 2000    /* ... and sometimes longer: waits of others begin and end meanwhile */
#define CROWD_GOOD 0x600dul
#define CROWD_GONE 0xdeadul

struct crowd_object {
	u64 first;
	u64 last __attribute__((aligned(64))); /* a line of its own */
	/* Each CPU stores the number of its latest section that found the object, at the begin and
	 * at the end of the section. */
	u32 entered[CPUS_MAX] __attribute__((aligned(64)));
	u32 left[CPUS_MAX] __attribute__((aligned(64)));
};

/* Data of one CPU; the others read `shown` and the objects. */
static struct crowd_slot {
	struct crowd_object *shown __attribute__((aligned(64))); /* atomic */
	struct crowd_object object[2] __attribute__((aligned(64)));
	struct grace_head head;
	struct crowd_object *deferred; /* the object of the head's callback */
	u32 looks;
	u64 wrong, unseen, rounds;
} crowd[CPUS_MAX] NOINIT;

/* ---- ways to wait until no section uses `old`, and to destroy it ---- */

/* Sections that found the object have ended, and their stores are observed. */
static void crowd_destroy(struct crowd_object *o)
{
	for (unsigned n = 0; n < cpus_nr; n++)
		crowd[this_cpu()->nr].unseen +=
			atomic_load_relaxed(&o->left[n]) != atomic_load_relaxed(&o->entered[n]);
	atomic_store_relaxed(&o->first, CROWD_GONE);
	atomic_store_relaxed(&o->last, CROWD_GONE);
}

static void by_period(struct crowd_slot *s, struct crowd_object *old)
{
	(void)s;
	grace_wait();
	crowd_destroy(old);
}

static void by_interrupt(struct crowd_slot *s, struct crowd_object *old)
{
	(void)s;
	grace_sync_irqs();
	crowd_destroy(old);
}

/* The CPUs with even numbers wait for periods; the others observe those. */
static void by_cookie(struct crowd_slot *s, struct crowd_object *old)
{
	struct cpu_pause p = { 0 };
	u64 cookie;

	if (!((s - crowd) % 2)) {
		by_period(s, old);
		return;
	}
	cookie = grace_cookie();
	while (!grace_elapsed(cookie) && cpu_pause_within(&p, 2000))
		grace_poll();
	if (!grace_elapsed(cookie))
		grace_wait(); /* the other CPUs have finished their rounds */
	crowd_destroy(old);
}

static void crowd_callback(struct grace_head *h)
{
	crowd_destroy(container_of(h, struct crowd_slot, head)->deferred);
}

/* Any CPU that polls may run the callback; this CPU has to observe its stores. */
static void by_barrier(struct crowd_slot *s, struct crowd_object *old)
{
	s->deferred = old;
	grace_defer(&s->head, crowd_callback);
	grace_barrier();
	s->unseen += atomic_load_relaxed(&old->last) != CROWD_GONE ||
		     atomic_load_relaxed(&old->first) != CROWD_GONE;
}

static const struct crowd_way {
	const char *name;
	bool irqs; /* only sections with interrupts off */
	void (*give_up)(struct crowd_slot *, struct crowd_object *old);
} crowd_ways[] = {
	{ "period", false, by_period },      { "period-irqs-off", true, by_period },
	{ "interrupt", true, by_interrupt }, { "cookie", false, by_cookie },
	{ "barrier", false, by_barrier },
};

static const struct crowd_way *crowd_way;

/* ---- every CPU ---- */

static void crowd_read(struct crowd_slot *s, struct crowd_slot *at)
{
	unsigned me = this_cpu()->nr;
	struct crowd_object *o;
	u64 flags = 0;

	s->looks++;

	if (crowd_way->irqs)
		flags = grace_irq_enter();
	else
		grace_read_enter();
	/* acquire: the object's words after the pointer to it */
	o = atomic_load_acquire(&at->shown);
	atomic_store_relaxed(&o->entered[me], s->looks);
	s->wrong += atomic_load_relaxed(&o->first) != CROWD_GOOD;
	for (volatile unsigned n = s->looks % 8 ? CROWD_LINGER : CROWD_LONGER; n; n--)
		;
	s->wrong += atomic_load_relaxed(&o->last) != CROWD_GOOD;
	atomic_store_relaxed(&o->left[me], s->looks);
	if (crowd_way->irqs)
		grace_irq_leave(flags);
	else
		grace_read_leave();
}

static void crowd_replace(struct crowd_slot *s)
{
	struct crowd_object *old = s->shown, *new = &s->object[old == s->object];

	atomic_store_relaxed(&new->first, CROWD_GOOD);
	atomic_store_relaxed(&new->last, CROWD_GOOD);
	atomic_store_release(&s->shown, new);
	crowd_way->give_up(s, old);
}

static void crowd_share(void *arg)
{
	unsigned me = this_cpu()->nr, at = me;
	struct crowd_slot *s = &crowd[me];
	u64 start = clock_ns();

	(void)arg;
	while (s->rounds < CROWD_ROUNDS && (!s->rounds || clock_ns() - start < CROWD_NS)) {
		for (unsigned n = 0; n < CROWD_LOOKS; n++) {
			do
				at = (at + 1) % cpus_nr;
			while (!cpus[at].online);
			crowd_read(s, &crowd[at]);
		}
		crowd_replace(s);
		s->rounds++;
	}
}

TEST(kern, grace_crowd,
     .claim = "while every CPU replaces and reads, no section reads a destroyed object, and a "
	      "barrier's callbacks are observed",
     .rows = "S3-01 S3-06 S3-20", .needs = NEED_SMP, .could = COULD_YES,
     .params = PARAMS_OF(crowd_ways))
{
	u64 rounds = 0, wrong = 0, unseen = 0;

	crowd_way = &crowd_ways[t->param_at];
	memset(crowd, 0, sizeof(crowd));
	for (unsigned n = 0; n < CPUS_MAX; n++) {
		crowd[n].shown = crowd[n].object;
		crowd[n].object[0].first = crowd[n].object[0].last = CROWD_GOOD;
	}
	cpu_run(other_cpus() | cpu_bit(0), crowd_share, NULL);
	grace_barrier();
	for (unsigned n = 0; n < CPUS_MAX; n++) {
		rounds += crowd[n].rounds;
		wrong += crowd[n].wrong;
		unseen += crowd[n].unseen;
	}
	test_key(t, "rounds=%lu wrong=%lu unseen=%lu", rounds, wrong, unseen);
	CHECK(t, rounds >= cpus_online_nr());
	CHECK_EQ(t, wrong, 0);
	CHECK_EQ(t, unseen, 0);
}
