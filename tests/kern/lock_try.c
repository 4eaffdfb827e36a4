/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/kern/lock_try.c - S1-04: a writer that does not wait. */
#include <arch/arch.h>
#include <kern/lock.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <tests/harness/test.h>

#define ROUNDS 2000

RWLOCK(tried, LOCK_HOTPLUG, "test tries");

static struct {
	u64 first, second; /* atomic, of one reader: two stores under its hold */
} pairs[CPUS_MAX] NOINIT;
static u64 torn, entered; /* counted by the writer */
static u32 reading;       /* atomic: number of CPUs that still read */

static void delay(u64 rounds)
{
	for (; rounds; rounds--)
		arch_relax();
}

static void store_pairs(void)
{
	unsigned me = this_cpu()->nr;

	for (u64 i = 1; i <= ROUNDS; i++) {
		read_lock(&tried);
		atomic_store_relaxed(&pairs[me].first, i);
		delay(i % 4 ? 0
			    : 16); /* most holds are short, so that their end is rarely observed */
		atomic_store_relaxed(&pairs[me].second, i);
		read_unlock(&tried);
		delay(64 + i % 16); /* pause, since waiting readers would keep the writer out */
	}
	atomic_fetch_sub_relaxed(&reading, 1);
}

static void try_and_check(void)
{
	for (u32 i = 0; atomic_load_relaxed(&reading) && !test_aborted(); i++) {
		if (i % 64 == 0)
			cpu_serve();
		if (!write_trylock(&tried))
			continue;
		entered++;
		for (unsigned c = 1; c < cpus_nr; c++)
			torn += atomic_load_relaxed(&pairs[c].second) !=
				atomic_load_relaxed(&pairs[c].first);
		write_unlock(&tried);
	}
}

static void try_beside(void *unused)
{
	(void)unused;
	if (this_cpu()->nr)
		store_pairs();
	else
		try_and_check();
}

TEST(kern, rwlock_try,
     .claim =
	     "a writer that gets the lock by a trylock observes all stores of each reader under it",
     .rows = "S1-04", .needs = NEED_SMP | NEED_MEMORY_ORDER)
{
	memset(pairs, 0, sizeof(pairs));
	torn = entered = 0;
	atomic_store_relaxed(&reading, cpus_online_nr() - 1);
	cpu_run(cpus_online(), try_beside, NULL);
	CHECK_EQ(t, torn, 0);
	test_key(t, "entered=%lu", entered);
}

TEST(kern, rwlock_tried, .claim = "a trylock succeeds if no CPU is inside, and then holds the lock",
     .rows = "S1-04", .could = COULD_YES)
{
	for (unsigned i = 0; i < 2; i++) {
		if (!CHECK(t, write_trylock(&tried)))
			return;
		CHECK(t, write_held(&tried));
		CHECK(t, !write_trylock(&tried));
		CHECK_EQ(t, locks_held(), BIT(LOCK_HOTPLUG) | BIT(LOCK_HOTPLUG + 8));
		write_unlock(&tried);
		CHECK_EQ(t, locks_held(), 0);
		read_lock(&tried);
		CHECK(t, !write_trylock(&tried));
		read_unlock(&tried);
	}
}
