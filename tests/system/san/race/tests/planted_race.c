/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * planted_race.c - data races on purpose: the first three tests end in the report of SAN=race that
 * tests/system/test_san.py reads; the others have none, and pass.
 */
#include <kern/lock.h>
#include <lib/atomic.h>
#include <tests/harness/test.h>

#define SECOND 1000000000ul
#define FOUND_WITHIN (20 * SECOND) /* a busy host seldom runs two CPUs at once */

static u64 shared;
static struct spinlock guard = SPINLOCK_INIT(LOCK_ZONE, "planted guard");

static struct together {
	void (*fn)(void);
	u64 until;      /* ns */
	u32 here, done; /* atomic: CPUs that arrived; CPU 0 is done */
} together;

/* The other CPUs continue until CPU 0 is done. */
static bool more(unsigned n)
{
	if (!this_cpu()->nr && n % 1024 == 0 && clock_ns() > together.until)
		atomic_store_relaxed(&together.done, 1);
	return !atomic_load_relaxed(&together.done);
}

static NOINLINE void plain_write(void)
{
	for (unsigned n = 0; more(n); n++)
		shared++;
}

/* CPU 0 reads, CPU 1 writes. */
static NOINLINE void plain_read(void)
{
	u64 sum = 0;

	if (this_cpu()->nr == 1)
		plain_write();
	for (unsigned n = 0; !this_cpu()->nr && more(n); n++)
		sum += shared;
	*(volatile u64 *)&sum = sum;
}

static NOINLINE void marked_write(void)
{
	if (!this_cpu()->nr)
		plain_write();
	for (unsigned n = 0; more(n); n++)
		atomic_store_relaxed(&shared, n);
}

static NOINLINE void marked_only(void)
{
	for (unsigned n = 0; more(n); n++)
		atomic_fetch_add_relaxed(&shared, 1);
}

static NOINLINE void both_read(void)
{
	u64 sum = 0;

	for (unsigned n = 0; more(n); n++)
		sum += shared;
	*(volatile u64 *)&sum = sum;
}

static NOINLINE void locked_write(void)
{
	for (unsigned n = 0; more(n); n++) {
		u64 flags = spin_lock_irqsave(&guard);

		shared++;
		spin_unlock_irqrestore(&guard, flags);
	}
}

static void begin_together(void *arg)
{
	(void)arg;
	atomic_fetch_add_relaxed(&together.here, 1);
	while (atomic_load_relaxed(&together.here) < cpus_online_nr())
		cpu_serve();
	together.fn();
}

static void by_all(void (*fn)(void), u64 ns)
{
	together = (struct together) { .fn = fn, .until = clock_ns() + ns };
	cpu_run(cpus_online(), begin_together, NULL);
}

TEST(planted, write_write, .claim = "CPUs add without a lock", .rows = "S1-01", .needs = NEED_SMP)
{
	by_all(plain_write, FOUND_WITHIN);
}

TEST(planted, read_write, .claim = "a CPU reads a variable that another increments",
     .rows = "S1-01", .needs = NEED_SMP)
{
	by_all(plain_read, FOUND_WITHIN);
}

TEST(planted, marked_plain, .claim = "a plain access races with a marked one", .rows = "S1-01",
     .needs = NEED_SMP)
{
	by_all(marked_write, FOUND_WITHIN);
}

TEST(planted, clean_marked, .claim = "marked accesses do not race", .rows = "S1-01",
     .needs = NEED_SMP)
{
	by_all(marked_only, SECOND);
}

TEST(planted, clean_reads, .claim = "loads do not race", .rows = "S1-01", .needs = NEED_SMP)
{
	by_all(both_read, SECOND);
}

TEST(planted, clean_locked, .claim = "accesses under a lock do not race", .rows = "S1-01",
     .needs = NEED_SMP)
{
	by_all(locked_write, SECOND);
}
