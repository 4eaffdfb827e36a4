/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/locks/others.c - kern/lock.c: who waits for whom (kern/lock.h).  The other CPUs go on
 * where this one pauses.
 */
#include "locks.h"
#include <fakes/arch.h>

static void tree_is_released(void)
{
	WANT(tree.owner == 1 || pauses > 2);
	if (pauses == 2)
		tree.owner = 0;
}

/* CPU 0 holds it: nothing of it is seen until it is released. */
static void spinners_wait(void)
{
	u64 flags;

	for (unsigned i = 0; i < 2; i++) {
		afresh();
		host_irqs = irqs_outside = i;
		polls = i ? 7 : 0;
		tree.owner = 1;
		in_pause = tree_is_released;
		flags = spin_lock_irqsave(&tree);
		WANT(pauses == 2 && tree.owner == 2 && (flags & 1) == i && !host_irqs);
		WANT(polls == (i ? 108 : 101) && locks_held() == BIT(LOCK_TREE));
		spin_unlock_irqrestore(&tree, flags);
		WANT(host_irqs == i && !tree.owner);
	}
}

/* A writer is inside, then another waits, then none. */
static void writers_end(void)
{
	WANT(!lines[1][1].holds && inner.queued == 1);
	if (pauses == 2)
		inner.writer = 0, inner.waiting = 1;
	if (pauses == 4)
		inner.waiting = 0;
}

static void readers_wait(void)
{
	afresh();
	inner.writer = 1;
	in_pause = writers_end;
	read_lock(&inner);
	WANT(pauses == 4 && lines[1][1].holds == 1 && !inner.queued && host_irqs);
	read_unlock(&inner);
	afresh();
	inner.waiting = 1; /* it holds new readers back */
	in_pause = writers_end;
	read_lock(&inner);
	WANT(pauses == 4 && lines[1][1].holds == 1);
}

/* Readers that wait go first; then this writer counts as one that waits, until it is alone. */
static void others_end(void)
{
	switch (pauses) {
	case 1:
		WANT(!inner.waiting && !inner.writer);
		inner.queued = 0;
		inner.writer = 1;
		break;
	case 2:
	case 3:
		WANT(inner.waiting == 1 && inner.writer == 1);
		if (pauses == 3)
			inner.writer = 0;
		break;
	default:
		WANT(inner.waiting == 1 && inner.writer == 2);
		WANT(pauses - 4 <= 2);
		lines[1][pauses - 4 == 1 ? 2 : 0].holds = 0;
		break;
	}
}

static void writers_wait(void)
{
	afresh();
	inner.queued = 1;
	lines[1][0].holds = 1;
	lines[1][2].holds = 2;
	lines[1][NR].holds = 1; /* no CPU of this machine */
	in_pause = others_end;
	write_lock(&inner);
	WANT(pauses == 5 && inner.writer == 2 && !inner.waiting && host_irqs);
	WANT(locks_held() == BIT(LOCK_MOVABLE) * 0x101);
	write_unlock(&inner);
	WANT(!inner.writer && !locks_held());
}

/* At once: somebody has it or waits to read, or this CPU has a lock of its class. */
static void tries(void)
{
	for (unsigned i = 0; i < 6; i++) {
		afresh();
		lines[1][NR].holds = 1; /* no CPU of this machine */
		if (i == 1)
			inner.writer = 1;
		if (i == 2)
			lines[1][NR - 1].holds = 1;
		if (i == 3)
			inner.queued = 1;
		if (i == 4)
			read_lock(&same);
		if (i == 5)
			spin_lock_irqsave(&tree); /* in any order of classes */
		WANT(write_trylock(&inner) == (i == 0 || i == 5));
		WANT(inner.writer == (i == 0 || i == 5 ? 2 : i == 1) && !inner.waiting && !pauses);
		WANT(!(locks_held() >> 8) == !(i == 0 || i == 5));
		if (i == 0 || i == 5) {
			write_unlock(&inner);
			WANT(!inner.writer && locks_held() == (i ? BIT(LOCK_TREE) : 0));
		}
	}
}

void test_waits(void)
{
	spinners_wait();
	readers_wait();
	writers_wait();
	tries();
}

/* ---- after a crash no lock blocks the one CPU that reports ---- */
static void emergency(void)
{
	u64 flags;

	afresh();
	tree.owner = inner.writer = 1;
	lock_emergency();
	fail_hook = hears;
	pt_taps_on = 1;
	flags = spin_lock_irqsave(&tree);
	WANT(!host_irqs && flags);
	spin_unlock_irqrestore(&tree, flags);
	WANT(host_irqs);
	read_lock(&inner);
	read_unlock(&inner);
	read_unlock(&inner);
	write_lock(&inner);
	WANT(write_trylock(&inner) && rwlock_held(&inner) && !write_held(&inner));
	write_unlock(&inner);
	WANT(tree.owner == 1 && inner.writer == 1 && !pauses && !lines[1][1].holds);
	WANT(!locks_held());
	told_is("");
}

static void emergency_while_it_waits(void)
{
	if (pauses == 2)
		lock_emergency();
}

/* The last of all: it does not end. */
void test_emergency(void)
{
	afresh();
	tree.owner = 1;
	in_pause = emergency_while_it_waits;
	spin_lock_irqsave(&tree);
	WANT(pauses == 2 && tree.owner == 1 && !host_irqs);
	emergency();
}
