/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/explore_step.c - the stepper: one actor has the turn, the others wait and serve
 * calls.
 *
 * An actor that waits for a lock is in the lock's own loop and serves calls as usual; only its
 * next attempt is delayed until it has the turn (lib/fail.h, FAIL_RETRY).  It can be chosen once
 * another actor has released that lock.
 */
#include <kern/grace.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/fail.h>
#include <mm/kernel/layout.h>
#include <tests/harness/explore_step.h>

#define POINTS_MAX 20000
#define NO_ACTOR 0xff

enum actor_state { OUTSIDE, READY, RUNNING, WAITING };

static struct {
	u8 state;    /* atomic: an actor that releases a lock stores that of the waiters */
	bool inside; /* in the stepper: its own operations are no points */
	bool tries;  /* its next attempt at the lock is allowed, or was made */
	bool deaf;   /* held back with interrupts off: it answers no call */
	u64 lock;    /* the lock that it waits for */
	unsigned cpu;
} actor[ACTORS_MAX];

static const struct explore *what;
static struct schedule *now;
static u8 turn, last;
static u32 arrived;
static bool free_run; /* atomic: no more steps, all actors run freely */
static u32 actors;    /* atomic: of the current schedule; 0: none.  Other CPUs read it, too */

static u8 state_of(unsigned i)
{
	return atomic_load_relaxed(&actor[i].state);
}

static void become(unsigned i, enum actor_state state)
{
	atomic_store_relaxed(&actor[i].state, (u8)state);
}

static int me(void)
{
	unsigned cpu = this_cpu()->nr;
	/* acquire: actor[] is filled before */
	u32 nr = atomic_load_acquire(&actors);

	if (this_cpu()->irq_depth || atomic_load_relaxed(&free_run))
		return -1;
	for (unsigned i = 0; i < nr; i++)
		if (actor[i].cpu == cpu)
			return state_of(i) == OUTSIDE || actor[i].inside ? -1 : (int)i;
	return -1;
}

static u8 runnable_actors(void)
{
	u8 could = 0;

	for (unsigned i = 0; i < what->actors; i++)
		if (state_of(i) == READY)
			could |= (u8)BIT(i);
	return could;
}

static bool actors_left(void)
{
	for (unsigned i = 0; i < what->actors; i++)
		if (state_of(i) != OUTSIDE)
			return true;
	return false;
}

/* The next choice of the schedule, or the default one. */
static u8 choose(u8 could)
{
	u8 pick = choice_default(could, last);
	struct choice *c = &now->at[now->nr];

	if (!(could & (could - 1)))
		return pick;
	if (now->nr == CHOICES_MAX) {
		now->endless = true;
		return pick;
	}
	if (now->nr < now->given) {
		if (could >> c->chosen & 1)
			pick = c->chosen;
		else
			now->diverged++;
	}
	*c = (struct choice) { .could = could, .chosen = pick, .last = last };
	now->nr++;
	return pick;
}

static void release_all(void)
{
	now->endless = true;
	atomic_store_release(&free_run, true);
}

/* Only called by the actor that has the turn, so it needs no lock. */
static void pass_turn(void)
{
	u8 could = runnable_actors(), next;

	if (++now->points == POINTS_MAX)
		release_all();
	if (!could && actors_left())
		crash("every actor of the schedule waits for a lock");
	if (!could)
		return;
	next = choose(could);
	last = next;
	/* release: this actor's stores are visible to the next one */
	atomic_store_release(&turn, next);
	ipi_wake(cpu_bit(actor[next].cpu));
}

static bool my_turn(void *arg)
{
	/* acquire: pairs with pass_turn() */
	return atomic_load_acquire(&turn) == *(int *)arg || atomic_load_acquire(&free_run);
}

static void yield_turn(int i)
{
	actor[i].inside = true;
	become(i, READY);
	pass_turn();
	cpu_wait_until(my_turn, &i);
	become(i, RUNNING);
	actor[i].inside = false;
}

static bool is_free_to_run(void *arg)
{
	int i = *(int *)arg;

	return my_turn(arg) && (state_of(i) != WAITING || atomic_load_acquire(&free_run));
}

/* Must CPU `me` wait until another actor continues?  Other CPUs answer by themselves. */
static bool waits_for_actor(int me, const struct grace_await *w)
{
	for (int i = 0; i < (int)what->actors; i++)
		if (i != me && state_of(i) != OUTSIDE &&
		    (w->reading & cpu_bit(actor[i].cpu) ||
		     (actor[i].deaf && w->unanswered & cpu_bit(actor[i].cpu))))
			return true;
	return false;
}

/* A wait for sections continues after an actor has left one (FAIL_UNLOCK of the same object). */
static void await(int i, const struct grace_await *w)
{
	if (!waits_for_actor(i, w))
		return;
	actor[i].inside = true;
	actor[i].lock = w->what;
	become(i, WAITING);
	pass_turn();
	cpu_wait_until(is_free_to_run, &i);
	become(i, RUNNING);
	actor[i].inside = false;
}

void explore_point(bool deaf)
{
	struct cpu_pause p = { 0 };
	int i = me();

	if (i < 0 || state_of(i) != RUNNING)
		return;
	actor[i].deaf = deaf;
	if (!deaf) {
		yield_turn(i);
		return;
	}
	actor[i].inside = true;
	become(i, READY);
	pass_turn();
	while (!my_turn(&i))
		cpu_pause(&p);
	actor[i].deaf = false;
	become(i, RUNNING);
	actor[i].inside = false;
}

/* True: it must wait.  The first call after an attempt means that the attempt failed. */
static bool held_back(int i, u64 lock)
{
	if (actor[i].tries) {
		actor[i].tries = false;
		actor[i].lock = lock;
		become(i, WAITING);
		pass_turn();
	}
	if (!my_turn(&i) || state_of(i) == WAITING)
		return !atomic_load_relaxed(&free_run);
	become(i, RUNNING);
	actor[i].tries = true;
	return false;
}

/* A waiting actor polls the tick, which may print: locks taken there are not the actor's. */
static bool of_the_tick(int i, enum fail_point point, u64 about)
{
	return state_of(i) != RUNNING && (point != FAIL_RETRY || actor[i].lock != about);
}

static bool sched_point(enum fail_point point, u64 about)
{
	int i = me();

	if (i < 0 || of_the_tick(i, point, about))
		return false;
	if (point == FAIL_RETRY)
		return held_back(i, about);
	if (point == FAIL_AWAIT)
		await(i, (const struct grace_await *)(uintptr_t)about);
	if (point != FAIL_LOCK && point != FAIL_UNLOCK && point != FAIL_POST)
		return false;
	for (unsigned k = 0; point == FAIL_UNLOCK && k < what->actors; k++)
		if (state_of(k) == WAITING && actor[k].lock == about)
			become(k, READY);
	if (what->lock && what->lock != about && point != FAIL_POST)
		return false;
	yield_turn(i);
	actor[i].tries = point == FAIL_LOCK;
	return false;
}

/* Barriers of this CPU only change nothing for others; locks are points by fail_lock(), and
 * allocation and freeing of frames by the allocator's lock. */
static bool is_point(unsigned kind)
{
	return kind != PT_EV_VISIBLE && kind != PT_EV_CTX && kind != PT_EV_FRAME_ALLOC &&
	       kind != PT_EV_FRAME_FREE && kind != PT_EV_LOCK && kind != PT_EV_UNLOCK;
}

/* Without adjacent free frames the shadow of a block is mapped by hundreds of stores; no actor
 * needs to run between two of them. */
static bool is_of_shadow_leaf(const struct pt_event *e)
{
	const struct va_region *r = &layout.r[REGION_SHADOW];

	return (e->kind == PT_EV_SET || e->kind == PT_EV_PUBLISH_DATA) && !e->level &&
	       e->va - r->va < r->len;
}

static bool sched_event(struct pt_event *e)
{
	int i = me();

	if (i >= 0 && state_of(i) == RUNNING && is_point(e->kind) && !is_of_shadow_leaf(e) &&
	    (!what->matters || what->matters(e)))
		yield_turn(i);
	return true;
}

static const struct pt_tap sched_tap = { .name = "test.sched", .before = sched_event };
PT_TAP(test_sched, sched_tap);

/* ---- one schedule ---- */

static bool all_here(void *arg)
{
	(void)arg;
	return atomic_load_acquire(&arrived) == what->actors;
}

static void act(void *arg)
{
	int i = 0;

	(void)arg;
	while (actor[i].cpu != this_cpu()->nr)
		i++;
	actor[i].inside = true;
	become(i, READY);
	atomic_fetch_add_acq_rel(&arrived, 1);
	if (!i) {
		cpu_wait_until(all_here, NULL);
		pass_turn();
	}
	cpu_wait_until(my_turn, &i);
	become(i, RUNNING);
	actor[i].inside = false;
	what->run[i](what->arg);
	become(i, OUTSIDE);
	if (!atomic_load_relaxed(&free_run))
		pass_turn();
}

static cpumask_t place(void)
{
	cpumask_t cpus = 0;

	for (unsigned cpu = 0, i = 0; cpu < CPUS_MAX && i < what->actors; cpu++) {
		if (!(cpus_online() & cpu_bit(cpu)))
			continue;
		actor[i] = (__typeof__(actor[i])) { .cpu = cpu };
		cpus |= cpu_bit(cpu);
		i++;
	}
	return cpus;
}

static void (*crashed_before)(const char *);

static void crashed(const char *reason)
{
	atomic_store_relaxed(&free_run, true);
	schedule_print(now);
	if (crashed_before)
		crashed_before(reason);
}

const char *schedule_run(const struct explore *e, struct schedule *s)
{
	cpumask_t cpus;

	e->setup(e->arg);
	s->nr = s->points = s->diverged = 0;
	s->endless = false;
	now = s;
	turn = NO_ACTOR;
	last = 0;
	arrived = 0;
	atomic_store_relaxed(&free_run, false);
	what = e;
	cpus = place();
	atomic_store_release(&actors, e->actors);
	ASSERT(!fail_hook);
	crashed_before = crash_hook;
	crash_hook = crashed;
	pt_tap_enable("test.sched", true);
	atomic_store_release(&fail_hook, sched_point);
	cpu_run(cpus, act, NULL);
	atomic_store_release(&fail_hook, NULL);
	pt_tap_enable("test.sched", false);
	crash_hook = crashed_before;
	atomic_store_relaxed(&actors, 0);
	return s->endless ? "it does not end" : e->check(e->arg);
}
