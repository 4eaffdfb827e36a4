/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/crew.c - a job in shares, done by the caller and by idle CPUs (kern/crew.h). */
#include <kern/crew.h>
#include <kern/lock.h>
#include <kern/trap.h>

u32 crew_most = CPUS_MAX;

struct job {
	const struct crew *crew;
	crew_fn *fn;
	void *arg;
	u16 locks; /* of the caller */
	u64 cost;  /* of the last share, while the meter is on */
};

static struct {
	bool on;
	u64 taken, longest; /* by all jobs since it was started */
} meter;

/* ---- choosing ---- */

void crew_choose(struct crew *c, unsigned most)
{
	cpumask_t left;

	most = min_u32(most, crew_most);
	*c = (struct crew) { .nr = 1, .helpers = most > 1 ? cpus_spare() : 0 };
	for (left = c->helpers; left && c->nr < most; left &= left - 1)
		c->nr++;
	c->helpers &= ~left;
}

/* ---- shares ---- */

/* The n-th of the helpers has share n, from 1. */
static void helper_share(void *arg)
{
	struct job *j = arg;
	cpumask_t before = j->crew->helpers & (cpu_bit(this_cpu()->nr) - 1);
	u64 start = meter.on ? cost_now() : 0;

	this_cpu()->lent = j->locks;
	j->fn(cpus_in(before) + 1, j->arg);
	this_cpu()->lent = 0;
	if (meter.on)
		j->cost = cost_now() - start;
}

static void no_share(void *arg)
{
	(void)arg;
}

/* The caller's cost to post work to all helpers at once. */
static u64 cost_of_post(const struct job *j)
{
	u64 start = cost_now(), posted;

	cpu_post(j->crew->helpers, no_share, NULL);
	posted = cost_now() - start;
	cpu_wait(j->crew->helpers);
	return posted;
}

/* The helpers and then the caller, one after the other. */
static void run_in_turn(struct job *j)
{
	u64 start = cost_now(), post = cost_of_post(j), longest = 0, at, now;

	for (cpumask_t left = j->crew->helpers; left; left &= left - 1) {
		cpu_post(left & -left, helper_share, j);
		at = cost_now();
		cpu_wait(left & -left);
		now = cost_now();
		longest = max_u64(longest, max_u64(now - at, j->cost));
	}
	at = cost_now();
	j->fn(0, j->arg);
	now = cost_now();
	meter.longest += post + max_u64(longest, now - at);
	meter.taken += now - start;
}

void crew_run(const struct crew *c, crew_fn *fn, void *arg)
{
	struct job j = { .crew = c, .fn = fn, .arg = arg, .locks = locks_held() };

	if (meter.on && c->helpers) {
		run_in_turn(&j);
		return;
	}
	if (c->helpers)
		cpu_post(c->helpers, helper_share, &j);
	fn(0, arg);
	if (c->helpers)
		cpu_wait(c->helpers);
}

/* ---- the meter ---- */

void crew_meter_begin(void)
{
	meter.taken = meter.longest = 0;
	meter.on = true;
}

s64 crew_meter_end(void)
{
	meter.on = false;
	return (s64)(meter.taken - meter.longest);
}
