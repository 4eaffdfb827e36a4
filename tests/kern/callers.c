/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/kern/callers.c - CPUs that call at once: the calls are made one after the other, and a CPU
 * that waits for its turn has interrupts as before. */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <tests/harness/util.h>

#define CALLS 100
#define TICKS 3

static struct {
	u64 count; /* plain: only the current caller adds */
	u32 open;  /* atomic: interrupts were on inside a call */
	u32 turn;  /* atomic: CPU 0 has its turn */
	u32 waits; /* atomic: the next caller is about to wait for it */
	u64 ticks; /* timer interrupts of the CPU that waited */
	const struct cpu *waiter;
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
     .claim = "of CPUs that call at once only one calls at a time; it observes the stores of the "
	      "last one, and has interrupts off in its own share",
     .needs = NEED_SMP, .could = COULD_YES)
{
	memset(&shares, 0, sizeof(shares));
	cpu_run(cpus_online(), call_often, NULL);
	CHECK_EQ(t, shares.count, CALLS * cpus_online_nr());
	CHECK_EQ(t, shares.open, 0);
}

static void just_called(void *unused)
{
	(void)unused;
}

static bool in_time(u64 start)
{
	return clock_ns() - start < HANG_NS;
}

/* The share of the current caller.  It ends when the CPU that waits has taken a few timer
 * interrupts, more than may have been pending before it waited. */
static void hold(void *arg)
{
	const struct cpu *waiter = shares.waiter;
	u64 start = clock_ns(), ticks;
	struct cpu_pause p = { 0 };

	if (arg != this_cpu())
		return;
	atomic_store_release(&shares.turn, 1);
	while (!atomic_load_acquire(&shares.waits) && in_time(start))
		cpu_pause(&p);
	ticks = atomic_load_relaxed(&waiter->ticks);
	for (; shares.ticks < TICKS && in_time(start); cpu_pause(&p))
		shares.ticks = atomic_load_relaxed(&waiter->ticks) - ticks;
}

static void call_and_wait(void *unused)
{
	(void)unused;
	if (!this_cpu()->nr) {
		ipi_call(cpus_online(), hold, this_cpu());
		return;
	}
	await_word(&shares.turn, 1, 0); /* answers CPU 0 as well */
	atomic_store_release(&shares.waits, 1);
	ipi_call(cpu_bit(0), just_called, NULL);
}

TEST(kern, caller_waits_open,
     .claim = "a CPU that waits for its turn to call takes its timer interrupts meanwhile",
     .needs = NEED_SMP, .could = COULD_YES)
{
	cpumask_t others = other_cpus();

	memset(&shares, 0, sizeof(shares));
	for (shares.waiter = cpus; !(others & cpu_bit(shares.waiter->nr)); shares.waiter++)
		;
	cpu_run(cpu_bit(0) | cpu_bit(shares.waiter->nr), call_and_wait, NULL);
	CHECK(t, shares.ticks >= TICKS);
}
