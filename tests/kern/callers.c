/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/kern/callers.c - CPUs that call at once: one after the other, and interrupts stay as they
 * were while one waits for its turn. */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <tests/harness/test.h>

#define CALLS 100
#define HOLD_NS 10000000

static struct {
	u64 count; /* plain: the one caller of the machine adds */
	u32 open;  /* atomic: interrupts were on inside a call */
	u64 ticks; /* of the CPU that waited */
} shares;

static void own_share(void *arg)
{
	if (arch_irqs_on())
		atomic_fetch_add_relaxed(&shares.open, 1);
	if (arg == this_cpu())
		shares.count++;
}

static void call_often(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < CALLS; i++)
		ipi_call(cpus_online(), own_share, this_cpu());
}

TEST(kern, callers_exclude,
     .claim =
	     "of CPUs that call at once one calls at a time, sees what the last one wrote, and has "
	     "interrupts off in its own share",
     .needs = NEED_SMP, .could = COULD_YES)
{
	memset(&shares, 0, sizeof(shares));
	cpu_run(cpus_online(), call_often, NULL);
	CHECK_EQ(t, shares.count, CALLS * cpus_online_nr());
	CHECK_EQ(t, shares.open, 0);
}

static void nothing(void *unused)
{
	(void)unused;
}

/* The share of the caller that has its turn; the others have done theirs. */
static void hold(void *arg)
{
	u64 start = clock_ns();

	if (arg != this_cpu())
		return;
	while (clock_ns() - start < HOLD_NS)
		arch_relax();
}

static void call_behind(void *arg)
{
	u64 ticks = atomic_load_relaxed(&this_cpu()->ticks);

	(void)arg;
	if (!this_cpu()->nr) {
		ipi_call(cpus_online(), hold, this_cpu());
		return;
	}
	for (u64 start = clock_ns(); clock_ns() - start < HOLD_NS / 5;)
		cpu_serve(); /* CPU 0 has its turn by now */
	ipi_call(cpu_bit(0), nothing, NULL);
	shares.ticks = atomic_load_relaxed(&this_cpu()->ticks) - ticks;
}

TEST(kern, caller_waits_open,
     .claim = "a CPU that waits for its turn to call takes its timer's interrupts meanwhile",
     .needs = NEED_SMP, .could = COULD_YES)
{
	cpumask_t others = other_cpus();

	shares.ticks = 0;
	cpu_run(cpu_bit(0) | (others & -others), call_behind, NULL);
	CHECK(t, shares.ticks >= 2);
}
