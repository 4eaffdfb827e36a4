/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/bench_lock.c - the cost of one read_lock() and read_unlock() on the slowest CPU
 * (S1-04).  Each CPU is measured in turn while no other CPU holds the lock, and while all others
 * hold it too.  The smallest of several rounds counts, because a timer may interrupt one.
 */
#include <kern/lock.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <tests/harness/bench.h>

#define ROUNDS 16
#define PAIRS 8 /* in each round, which spreads the counter's own cost */

RWLOCK(measured, LOCK_HOTPLUG, "bench");

static struct {
	u64 cost[CPUS_MAX];
	u32 stop, inside;
} m;

static u64 round_cost(void)
{
	u64 start = cost_now();

	for (unsigned i = 0; i < PAIRS; i++) {
		read_lock(&measured);
		read_unlock(&measured);
	}
	return cost_now() - start;
}

static void lock_measure(void *arg)
{
	u64 best = ~0ul;

	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++)
		best = min_u64(best, round_cost());
	m.cost[this_cpu()->nr] = best / PAIRS;
}

static void hold_for_reading(void *arg)
{
	struct cpu_pause p = { 0 };

	(void)arg;
	read_lock(&measured);
	atomic_fetch_add_release(&m.inside, 1);
	while (!atomic_load_acquire(&m.stop))
		cpu_pause(&p);
	read_unlock(&measured);
}

/* Measure on CPU `c` while `others` hold the lock. */
static void with_others(unsigned c, cpumask_t others)
{
	struct cpu_pause p = { 0 };
	unsigned nr = 0;

	for (cpumask_t left = others; left; left &= left - 1)
		nr++;
	m.stop = m.inside = 0;
	cpu_post(others, hold_for_reading, NULL);
	while (atomic_load_acquire(&m.inside) < nr)
		cpu_pause(&p);
	cpu_run(cpu_bit(c), lock_measure, NULL);
	atomic_store_release(&m.stop, 1);
	cpu_wait(others);
}

static u64 slowest_cpu(bool held)
{
	cpumask_t all = cpus_online();
	u64 most = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++) {
		if (!(all & cpu_bit(c)))
			continue;
		/* the boot CPU posts the work and waits for it, so it never holds the lock */
		with_others(c, held ? all & ~cpu_bit(c) & ~cpu_bit(this_cpu()->nr) : 0);
		most = max_u64(most, m.cost[c]);
	}
	return most;
}

static void run(const struct bench *b)
{
	bench_line(b->name, slowest_cpu(false), cost_unit());
	bench_line("lock.read_beside", slowest_cpu(true), cost_unit());
}

static const struct bench lock_read = {
	.name = "lock.read",
	.what = "a read hold of a lock like the hotplug lock, taken and released",
	.run = run,
};
BENCH(lock_read, lock_read);
