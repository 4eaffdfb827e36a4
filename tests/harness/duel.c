/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/duel.c - see tests/harness/duel.h. */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <lib/atomic.h>
#include <tests/harness/duel.h>
#include <tests/harness/util.h>

#define ROUNDS 5000
/* If the host runs one CPU at a time a round takes milliseconds. */
#define SAFE_NS 300000000
#define LOSSES_NS 2000000000
#define PAUSE_BITS 12
#define STOP_SAFE_NS 20000000
#define STOP_LOSSES_NS 1000000000
#define OVER ~0u

static struct {
	struct duel *d;
	u32 turn;            /* rounds that have begun, atomic; OVER: no more */
	u32 done;            /* the last round that the other CPU ended, atomic */
	u32 stopped, passed; /* of this round, atomic */
	struct rng rng[2];
} now;

static void pause_some(struct rng *rng)
{
	for (u64 n = rng_below(rng, 1ul << rng_below(rng, PAUSE_BITS + 1)); n; n--)
		arch_relax();
}

void duel_stop(bool deaf)
{
	struct await w = { .most_ns = now.d->most_lost > 1 ? STOP_LOSSES_NS : STOP_SAFE_NS,
			   .deaf = deaf };

	/* release, as all three: earlier stores of this actor are visible to the other */
	atomic_store_release(&now.stopped, 1);
	while (!atomic_load_acquire(&now.passed) && await_step(&w))
		;
}

void duel_await_stop(void)
{
	await_word(&now.stopped, 1, STOP_LOSSES_NS);
}

void duel_pass(void)
{
	atomic_store_release(&now.passed, 1);
}

/* The other CPU: once a round. */
static void duel_there(void)
{
	for (u32 seen = 0, turn; (turn = atomic_load_acquire(&now.turn)) != OVER; cpu_serve()) {
		if (turn == seen)
			continue;
		seen = turn;
		pause_some(&now.rng[1]);
		now.d->there();
		atomic_store_release(&now.done, turn);
	}
}

static void duel_round(struct duel *d)
{
	u32 turn = d->rounds + 1;

	now.stopped = now.passed = 0;
	d->setup();
	atomic_store_release(&now.turn, turn);
	pause_some(&now.rng[0]);
	d->here();
	await_word(&now.done, turn, 0);
	d->rounds = turn;
}

static void duel_here(struct duel *d)
{
	u64 end = clock_ns() + (d->most_lost > 1 ? LOSSES_NS : SAFE_NS);

	/* At least one round, however busy the host is. */
	while (d->rounds < ROUNDS && d->lost < d->most_lost && (!d->rounds || clock_ns() < end) &&
	       !test_aborted()) {
		const char *wrong;

		duel_round(d);
		wrong = d->check();
		d->lost += wrong != NULL;
		d->wrong = wrong ? wrong : d->wrong;
	}
	atomic_store_release(&now.turn, OVER);
}

static void duel_part(void *arg)
{
	if (this_cpu()->nr)
		duel_there();
	else
		duel_here(arg);
}

void duel(struct test_run *t, struct duel *d)
{
	cpumask_t others = cpus_online() & ~cpu_bit(0);

	d->rounds = d->lost = 0;
	d->wrong = NULL;
	now.d = d;
	now.turn = now.done = 0;
	now.rng[0].state = rng_next(&t->rng);
	now.rng[1].state = rng_next(&t->rng);
	cpu_run(cpu_bit(0) | (others & -others), duel_part, d);
	test_key(t, "rounds=%u", d->rounds);
}
