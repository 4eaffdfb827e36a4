// SPDX-License-Identifier: BSD-2-Clause
/*
 * tests/kern/locks.c - one at a time, readers or one writer, and calls served while waiting.
 */
#include <arch/arch.h>
#include <kern/lock.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <tests/test.h>

#define ROUNDS 2000
#define CALLS (200 / cpus_online_nr()) /* each makes them, each answers them */

static struct spinlock spin = SPINLOCK_INIT(LOCK_ZONE, "test");
static struct rwlock rw = { .class = LOCK_HOTPLUG, .name = "test rw" };
static u64 left, right, torn; /* left and right change together, under the lock */

static void both_up(void)
{
	left++;
	arch_relax();
	right++;
}

static void spin_rounds(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		u64 flags = spin_lock_irqsave(&spin);

		both_up();
		spin_unlock_irqrestore(&spin, flags);
	}
}

TEST(kern, spinlock_excludes, .claim = "one CPU at a time is inside a spinlock",
     .needs = NEED_MEMORY_ORDER, .rev = 2)
{
	left = right = 0;
	cpu_run(cpus_online(), spin_rounds, NULL);
	CHECK_EQ(t, left, (u64)ROUNDS * cpus_online_nr());
	CHECK_EQ(t, right, left);
}

static void read_round(void)
{
	read_lock(&rw);
	read_lock(&rw); /* nests, also while a writer waits */
	if (atomic_load_relaxed(&left) != atomic_load_relaxed(&right))
		atomic_fetch_add_relaxed(&torn, 1);
	read_unlock(&rw);
	read_unlock(&rw);
}

static void rw_rounds(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		if ((i + this_cpu()->nr) % 8) {
			read_round();
		} else {
			write_lock(&rw);
			both_up();
			write_unlock(&rw);
		}
	}
}

TEST(kern, rwlock_excludes, .claim = "readers never see half of what a writer does",
     .needs = NEED_MEMORY_ORDER, .rev = 2)
{
	left = right = torn = 0;
	cpu_run(cpus_online(), rw_rounds, NULL);
	CHECK_EQ(t, torn, 0);
	CHECK_EQ(t, left, (u64)ROUNDS / 8 * cpus_online_nr());
	CHECK_EQ(t, right, left);
}

static void nothing(void *arg)
{
	(void)arg;
}

/* The holder calls everybody; who waits for the lock has interrupts off and must answer all the
 * same. */
static void call_inside(void *arg)
{
	for (unsigned i = 0; i < CALLS; i++) {
		u64 outer = arch_irq_save(), flags = spin_lock_irqsave(&spin);

		ipi_call(cpus_online(), nothing, arg);
		spin_unlock_irqrestore(&spin, flags);
		arch_irq_restore(outer);
	}
}

TEST(kern, lock_waiters_serve, .claim = "who waits for a lock answers the calls of its holder",
     .needs = NEED_SMP)
{
	cpu_run(cpus_online(), call_inside, NULL);
	CHECK(t, cpus_idle());
}
