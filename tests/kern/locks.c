/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/kern/locks.c - mutual exclusion, readers or one writer, calls that are served while
 * waiting, and turns. */
#include <arch/arch.h>
#include <kern/lock.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <tests/harness/util.h>

#define ROUNDS 2000
#define CALLS (200 / cpus_online_nr()) /* each CPU makes and answers as many */

static struct spinlock spin = SPINLOCK_INIT(LOCK_ZONE, "test");
RWLOCK(rw, LOCK_HOTPLUG, "test rw");
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

TEST(kern, rwlock_excludes, .claim = "readers never observe a part of a writer's stores",
     .needs = NEED_MEMORY_ORDER, .rev = 2)
{
	left = right = torn = 0;
	cpu_run(cpus_online(), rw_rounds, NULL);
	CHECK_EQ(t, torn, 0);
	CHECK_EQ(t, left, (u64)ROUNDS / 8 * cpus_online_nr());
	CHECK_EQ(t, right, left);
}

/* ---- a holder excludes the others for any time ---- */

#define HOLD_NS 3000000

static struct {
	u32 wants, inside;
} other;

static void other_reads(void *arg)
{
	(void)arg;
	atomic_store_release(&other.wants, 1);
	read_lock(&rw);
	atomic_store_release(&other.inside, 1);
	read_unlock(&rw);
}

static void other_writes(void *arg)
{
	(void)arg;
	atomic_store_release(&other.wants, 1);
	write_lock(&rw);
	atomic_store_release(&other.inside, 1);
	write_unlock(&rw);
}

/* The other CPU requests the lock while this one holds it: it must not get it before the
 * release. */
static void hold_against(struct test_run *t, void (*lock)(struct rwlock *),
			 void (*unlock)(struct rwlock *), void (*enter)(void *))
{
	cpumask_t others = other_cpus(), one = others & -others;

	other.wants = other.inside = 0;
	lock(&rw);
	cpu_post(one, enter, NULL);
	await_word(&other.wants, 1, 0);
	await_ns(HOLD_NS);
	CHECK_EQ(t, atomic_load_acquire(&other.inside), 0);
	unlock(&rw);
	cpu_wait(one);
	CHECK_EQ(t, other.inside, 1);
}

TEST(kern, rwlock_holds,
     .claim = "a writer excludes readers and writers as long as it is inside, a reader excludes "
	      "writers",
     .needs = NEED_SMP, .rows = "S0-13 S1-19")
{
	hold_against(t, write_lock, write_unlock, other_reads);
	hold_against(t, write_lock, write_unlock, other_writes);
	hold_against(t, read_lock, read_unlock, other_writes);
}

static void nothing(void *arg)
{
	(void)arg;
}

/* The holder calls every CPU; a CPU that waits for the lock with interrupts disabled must answer
 * nevertheless. */
static void call_inside(void *arg)
{
	for (unsigned i = 0; i < CALLS; i++) {
		u64 outer = arch_irq_save(), flags = spin_lock_irqsave(&spin);

		ipi_call(cpus_online(), nothing, arg);
		spin_unlock_irqrestore(&spin, flags);
		arch_irq_restore(outer);
	}
}

TEST(kern, lock_waiters_serve,
     .claim = "a CPU that waits for a lock answers the calls of its holder", .needs = NEED_SMP)
{
	cpu_run(cpus_online(), call_inside, NULL);
	CHECK(t, cpus_idle());
}

/* ---- turns ---- */

/*
 * CPUs take something again and again, of which only one has it at a time.  Those that wait sleep,
 * and the calls of the one that has it end their sleep, each time before it is free.
 */
#define TURNS 20
#define MOST 20000 /* turns of one CPU before each had its own; a few hundred are usual */

static void call_everyone(void)
{
	ipi_call(cpus_online(), nothing, NULL);
}

static void call_under_spinlock(void)
{
	u64 flags = spin_lock_irqsave(&spin);

	call_everyone();
	spin_unlock_irqrestore(&spin, flags);
}

static void call_as_writer(void)
{
	write_lock(&rw);
	call_everyone();
	write_unlock(&rw);
}

static const struct turn_kind {
	const char *name;
	void (*turn)(void);
} turn_kinds[] = {
	{ "call", call_everyone },
	{ "spinlock", call_under_spinlock },
	{ "writer", call_as_writer },
};

static struct {
	u32 had[CPUS_MAX]; /* atomic */
	u32 starved;       /* atomic: a CPU had the most turns, and another one had not enough */
} turns;

static bool all_had_turns(void)
{
	for (unsigned n = 0; n < cpus_nr; n++)
		if (cpus_online() & cpu_bit(n) && atomic_load_relaxed(&turns.had[n]) < TURNS)
			return false;
	return true;
}

static void take_turns(void *arg)
{
	const struct turn_kind *kind = arg;
	u32 n;

	for (n = 0; n < MOST && !all_had_turns(); n++) {
		kind->turn();
		atomic_store_relaxed(&turns.had[this_cpu()->nr], n + 1);
	}
	if (n == MOST)
		atomic_store_relaxed(&turns.starved, 1);
}

TEST(kern, turns,
     .claim = "CPUs that call, or take a lock and call, again and again all get their turns, "
	      "although those that wait sleep",
     .needs = NEED_SMP, .could = COULD_YES, .params = PARAMS_OF(turn_kinds))
{
	memset(&turns, 0, sizeof(turns));
	cpu_run(cpus_online(), take_turns, (void *)(uintptr_t)&turn_kinds[t->param_at]);
	CHECK_EQ(t, turns.starved, 0);
	test_key(t, "turns=%u", turns.had[0]);
}
