/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/kern/work.c - work for other CPUs: no wake-up is lost. */
#include <arch/arch.h>
#include <lib/string.h>
#include <tests/harness/test.h>

#define ROUNDS 500

static u64 done[CPUS_MAX];

static void work_note(void *arg)
{
	(void)arg;
	done[this_cpu()->nr]++;
}

TEST(kern, work_wakes, .claim = "work handed out is run once on each CPU named, and soon")
{
	u64 start = clock_ns();

	memset(done, 0, sizeof(done));
	for (unsigned i = 0; i < ROUNDS && !test_aborted(); i++)
		cpu_run(cpus_online(), work_note, NULL);
	for (unsigned n = 0; n < CPUS_MAX; n++)
		if (cpus_online() & cpu_bit(n))
			CHECK_EQ(t, done[n], ROUNDS);
	CHECK(t, cpus_idle());
	/* The next tick, 20 ms later, repairs a lost wake-up: all lost would take 10 s */
	CHECK(t, clock_ns() - start < ROUNDS * (1000000000ul / TICK_HZ) / 2);
	test_key(t, "us_per_round=%lu", ((clock_ns() - start) / ROUNDS / 1000));
}
