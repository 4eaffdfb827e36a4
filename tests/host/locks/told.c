/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/locks/told.c - kern/lock.c: what taps (mm/pt/pt_tap.h) and schedules (lib/fail.h) are
 * told of a lock, and a waiter that a schedule holds back.
 */
#include "locks.h"
#include <fakes/arch.h>

static char told[200];

static void tell(const char *fmt, const char *a)
{
	size_t at = strlen(told);

	snprintf(told + at, sizeof(told) - at, fmt, a);
}

bool pt_tap_run_before(struct pt_event *e)
{
	tell(e->kind == PT_EV_LOCK ? "+%s" : e->kind == PT_EV_UNLOCK ? "-%s" : "?%s", e->owner);
	tell("%s", e->global ? "*" : "");
	WANT(locks_held() & BIT(e->ops)); /* it is held now */
	return true;
}

void pt_tap_run_after(const struct pt_event *e)
{
	tell("%s", e->kind == PT_EV_LOCK || e->kind == PT_EV_UNLOCK ? " " : "?");
}

static u32 outer_holds; /* by this CPU, of a lock that is released */

bool hears(enum fail_point point, u64 about)
{
	const struct rwlock *rw = (const struct rwlock *)(uintptr_t)about;
	const struct spinlock *spin = (const struct spinlock *)(uintptr_t)about;

	tell(point == FAIL_LOCK     ? "lock "
	     : point == FAIL_RETRY  ? "retry "
	     : point == FAIL_UNLOCK ? "unlock "
				    : "? ",
	     NULL);
	WANT(rw == &inner || spin == &tree || spin == &zone || rw == &same);
	if (point == FAIL_UNLOCK) /* it is free already */
		WANT(spin == &tree || spin == &zone
			     ? !spin->owner
			     : !rw->writer && rw->reader[1].holds == outer_holds);
	return false;
}

void told_is(const char *wanted)
{
	WANT_TEXT(told, wanted);
	told[0] = 0;
}

void test_events(void)
{
	u64 flags;

	afresh();
	pt_taps_on = 1;
	flags = spin_lock_irqsave(&tree);
	told_is("+tree ");
	spin_unlock_irqrestore(&tree, flags);
	told_is("-tree ");
	read_lock(&inner);
	read_lock(&inner);
	told_is("+inner* ");
	read_unlock(&inner);
	told_is("");
	read_unlock(&inner);
	told_is("-inner* ");
	write_lock(&inner);
	told_is("+inner* ");
	write_unlock(&inner);
	told_is("-inner* ");
	WANT(write_trylock(&inner));
	told_is("+inner* ");
	write_unlock(&inner);
	told_is("-inner* ");
	lines[1][0].holds = 1;
	WANT(!write_trylock(&inner));
	told_is("");
	/* they order no store to a table */
	flags = spin_lock_irqsave(&zone);
	spin_unlock_irqrestore(&zone, flags);
	flags = spin_lock_irqsave(&logs);
	spin_unlock_irqrestore(&logs, flags);
	told_is("");
	afresh();
	flags = spin_lock_irqsave(&tree);
	spin_unlock_irqrestore(&tree, flags);
	read_lock(&inner);
	read_unlock(&inner);
	write_lock(&inner);
	write_unlock(&inner);
	WANT(write_trylock(&inner));
	write_unlock(&inner);
	told_is("");
}

static void in_turn(void)
{
	u64 flags;

	afresh();
	fail_hook = hears;
	flags = spin_lock_irqsave(&tree);
	told_is("lock ");
	spin_unlock_irqrestore(&tree, flags);
	told_is("unlock ");
	read_lock(&inner);
	read_lock(&inner);
	told_is("lock "); /* a nested one waits for nobody */
	outer_holds = 1;
	read_unlock(&inner);
	outer_holds = 0;
	read_unlock(&inner);
	told_is("unlock unlock ");
	write_lock(&inner);
	write_unlock(&inner);
	told_is("lock unlock ");
	WANT(write_trylock(&inner));
	write_unlock(&inner);
	told_is("lock unlock ");
	lines[1][2].holds = 1;
	WANT(!write_trylock(&inner)); /* it was marked, and is free again */
	told_is("lock unlock ");
	WANT(!inner.writer && !locks_held() && host_irqs);
}

/* The first attempt is held back, and then two rounds more. */
static unsigned held_back;

static bool holds_back(enum fail_point point, u64 about)
{
	if (point == FAIL_RETRY)
		return ++held_back < 3;
	return point == FAIL_LOCK;
}

static void held_back_by_a_schedule(void)
{
	u64 flags;

	for (unsigned i = 0; i < 4; i++) {
		afresh();
		fail_hook = holds_back;
		held_back = 0;
		host_irqs = irqs_outside = i;
		if (i < 2) {
			flags = spin_lock_irqsave(&tree);
			WANT(!host_irqs && (flags & 1) == i && tree.owner == 2 && polls == 101);
			spin_unlock_irqrestore(&tree, flags);
		} else if (i == 2) {
			read_lock(&inner);
			WANT(lines[1][1].holds == 1 && !inner.queued && !polls);
			read_unlock(&inner);
		} else {
			write_lock(&inner);
			WANT(inner.writer == 2 && !inner.waiting && !polls);
			write_unlock(&inner);
		}
		WANT(pauses == 3 && host_irqs == irqs_outside);
	}
	afresh();
	fail_hook = holds_back;
	WANT(!write_trylock(&inner) && !inner.writer && !locks_held() && !pauses);
}

void test_schedules(void)
{
	in_turn();
	held_back_by_a_schedule();
}
