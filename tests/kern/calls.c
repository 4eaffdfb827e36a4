/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/kern/calls.c - inter-processor calls, on which TLB shootdowns by IPI rely. */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <tests/harness/util.h>

#define ROUNDS 100
#define CROSS (200 / cpus_online_nr()) /* each CPU makes and answers as many */

static u64 counts[CPUS_MAX]; /* one writer each: the CPU that runs the call */

static void calls_count(void *arg)
{
	(void)arg;
	counts[this_cpu()->nr]++;
}

/* Run with interrupts disabled on every CPU: each waits for the others and must serve their calls
 * meanwhile. */
static void call_all(void *arg)
{
	for (unsigned i = 0; i < CROSS; i++) {
		u64 flags = arch_irq_save();

		ipi_call(cpus_online(), calls_count, arg);
		arch_irq_restore(flags);
	}
}

TEST(kern, calls_cross,
     .claim = "if all CPUs call each other with interrupts off, every call completes",
     .needs = NEED_SMP)
{
	memset(counts, 0, sizeof(counts));
	cpu_run(cpus_online(), call_all, NULL);
	for (unsigned n = 0; n < CPUS_MAX; n++)
		if (cpus_online() & cpu_bit(n))
			CHECK_EQ(t, counts[n], CROSS * cpus_online_nr());
}

static u64 sum;

static void check_sum(void *arg)
{
	const u64 *value = arg;

	atomic_fetch_add_relaxed(&sum, *value);
}

TEST(kern, call_sees_stores, .claim = "a called function observes the earlier stores of the caller",
     .needs = NEED_SMP | NEED_MEMORY_ORDER, .rev = 2)
{
	u64 value, wanted = 0;

	sum = 0;
	for (value = 1; value <= ROUNDS; value++) {
		ipi_call(cpus_online() & ~cpu_bit(0), check_sum, &value);
		wanted += value * (cpus_online_nr() - 1);
		if (!CHECK_EQ(t, sum, wanted))
			return;
	}
}

static struct {
	u64 value, wanted;
	u32 over;  /* atomic */
	u64 wrong; /* calls that read a wrong sum */
} polled;

static void check_sum_twice(void *arg)
{
	check_sum(arg);
	check_sum(arg);
}

/* CPU 0 calls; the others only poll for calls, so that they may find one before its interrupt is
 * sent. */
static void call_or_poll(void *unused)
{
	cpumask_t others = cpus_online() & ~cpu_bit(0);

	(void)unused;
	if (this_cpu()->nr) {
		while (!atomic_load_acquire(&polled.over))
			cpu_serve();
		return;
	}
	for (polled.value = 1; polled.value <= order_rounds(10 * ROUNDS); polled.value++) {
		bool twice = polled.value & 1;

		ipi_call(others, twice ? check_sum_twice : check_sum, &polled.value);
		polled.wanted += polled.value * (twice + 1u) * (cpus_online_nr() - 1);
		polled.wrong += atomic_load_relaxed(&sum) != polled.wanted;
	}
	atomic_store_release(&polled.over, 1);
}

TEST(kern, call_seen_early,
     .claim = "a CPU that finds a call before its interrupt observes the earlier stores of the "
	      "caller",
     .needs = NEED_SMP | NEED_MEMORY_ORDER)
{
	memset(&polled, 0, sizeof(polled));
	sum = 0;
	cpu_run(cpus_online(), call_or_poll, NULL);
	CHECK_EQ(t, polled.wrong, 0);
	CHECK_EQ(t, sum, polled.wanted);
}

/* ---- the depth of interrupts ---- */

static struct {
	u32 ticks, calls, shallow; /* atomic; shallow: at depth 0 */
} depths;
static void (*tick_before)(unsigned cpu);

static void note_depth(u32 *of)
{
	atomic_fetch_add_relaxed(&depths.shallow, !this_cpu()->irq_depth);
	atomic_fetch_add_relaxed(of, 1);
}

static void deep_tick(unsigned cpu)
{
	note_depth(&depths.ticks);
	tick_before(cpu);
}

static void deep_call(void *arg)
{
	(void)arg;
	note_depth(&depths.calls);
}

static void do_nothing(void *unused)
{
	(void)unused;
}

TEST(kern, irq_depth,
     .claim = "a tick, and a call that interrupts a CPU, run at the depth of an interrupt, and "
	      "work does not",
     .rev = 2, .could = COULD_YES)
{
	memset(&depths, 0, sizeof(depths));
	tick_before = kern_hooks.tick;
	/* A CPU that loads the hook observes the stores above. */
	ipi_call(other_cpus(), do_nothing, NULL);
	atomic_store_relaxed(&kern_hooks.tick, deep_tick);
	CHECK(t, await_word(&depths.ticks, 3, 0));
	atomic_store_relaxed(&kern_hooks.tick, tick_before);
	ipi_call(other_cpus(), deep_call, NULL);
	CHECK_EQ(t, depths.calls, cpus_online_nr() - 1);
	CHECK_EQ(t, depths.shallow, 0);
	cpu_run(cpus_online(), deep_call, NULL);
	CHECK_EQ(t, depths.shallow, cpus_online_nr());
}
