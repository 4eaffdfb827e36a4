/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/kern/work.c - work for other CPUs: no wake-up is lost. */
#include <arch/arch.h>
#include <kern/kern_internal.h>
#include <lib/string.h>
#include <tests/harness/test.h>

#define ROUNDS 500

static u64 done[CPUS_MAX];

/* Delay the next tick of this CPU by that many milliseconds, since a tick would repair a lost
 * wake-up. */
static void tick_after(void *ms)
{
	if (clock_running())
		arch_timer_next(arch_counter_hz() / 1000 * (uintptr_t)ms);
}

static void count_work(void *arg)
{
	tick_after(arg);
	done[this_cpu()->nr]++;
}

TEST(kern, work_wakes,
     .claim = "posted work runs once on each selected CPU, without a tick that wakes it", .rev = 2)
{
	u64 start = clock_ns(), longest = 0;

	memset(done, 0, sizeof(done));
	for (unsigned i = 0; i < ROUNDS && longest < HANG_NS && !test_aborted(); i++) {
		u64 begun = clock_ns();

		cpu_run(cpus_online(), count_work, (void *)HANG_MS);
		longest = max_u64(longest, clock_ns() - begun);
	}
	cpu_run(cpus_online(), tick_after, (void *)(1000ul / TICK_HZ));
	for (unsigned n = 0; n < CPUS_MAX; n++)
		if (cpus_online() & cpu_bit(n))
			CHECK_EQ(t, done[n], ROUNDS);
	CHECK(t, cpus_idle());
	CHECK(t, longest < HANG_NS);
	test_key(t, "us_per_round=%lu", ((clock_ns() - start) / ROUNDS / 1000));
}
