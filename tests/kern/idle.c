/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/kern/idle.c - which CPUs have work, and how a CPU waits for another. */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <tests/harness/test.h>

#define WAIT_NS 20000000
#define LOOKS 2000 /* a CPU that naps checks some 200 times */

static u32 over; /* atomic */

static void until_over(void *unused)
{
	(void)unused;
	while (!atomic_load_acquire(&over))
		arch_relax();
}

TEST(kern, idle_of_each, .claim = "the machine is not idle while any one CPU has work",
     .needs = NEED_SMP, .could = COULD_YES)
{
	for (unsigned n = 1; n < cpus_nr; n++) {
		if (!cpus[n].online)
			continue;
		atomic_store_relaxed(&over, 0);
		cpu_post(cpu_bit(n), until_over, NULL);
		CHECK(t, !cpus_idle());
		CHECK_EQ(t, cpus_spare(), 0);
		atomic_store_release(&over, 1);
		cpu_wait(cpu_bit(n));
		CHECK(t, cpus_idle());
	}
}

/* ---- the activity of a CPU in reports ---- */

static const char *during[CPUS_MAX]; /* by CPU */

static void note_activity(void *unused)
{
	(void)unused;
	during[this_cpu()->nr] = this_cpu()->activity;
}

TEST(kern, activity, .claim = "a CPU is busy with work while it works, and idle afterwards",
     .needs = NEED_SMP, .could = COULD_YES)
{
	for (unsigned round = 0; round < 2; round++) {
		memset(during, 0, sizeof(during));
		cpu_run(other_cpus(), note_activity, NULL);
		for (unsigned n = 1; n < cpus_nr; n++) {
			if (!(other_cpus() & cpu_bit(n)))
				continue;
			CHECK(t, during[n] && !strcmp(during[n], "work"));
			CHECK(t, !strcmp(cpus[n].activity, "idle"));
		}
	}
}

/* ---- waiting ---- */

struct wait {
	u64 start, looks;
};

static bool time_is_over(void *arg)
{
	struct wait *w = arg;

	w->looks++;
	return w->looks > 1 && clock_ns() - w->start >= WAIT_NS;
}

TEST(kern, wait_naps,
     .claim = "a CPU that waits long checks seldom, because it naps between two checks",
     .could = COULD_YES)
{
	struct wait w = { .start = clock_ns() };

	cpu_wait_until(time_is_over, &w);
	CHECK(t, w.looks < LOOKS);
}
