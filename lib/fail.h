/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/fail.h - named points where an operation may fail, or another CPU may be first.
 *
 * A function that can fail calls fail_here() first.  If that returns true, the function takes its
 * error path as if the operation had failed.  A point that is off costs a load and a branch.  An
 * operation that cannot fail (a plan checked under the same lock, reserved memory) has no point.
 *
 * One hook at a time: the tap `inject` (mm/pt/taps/inject.h) or a schedule
 * (tests/harness/explore.h).
 */
#pragma once
#include <lib/atomic.h>
#include <lib/types.h>

enum fail_point {
	FAIL_PAGE,     /* page_alloc */
	FAIL_PAGES,    /* page_alloc_bulk */
	FAIL_TABLE,    /* table_alloc */
	FAIL_PLAN,     /* pt_plan */
	FAIL_REGION,   /* room in the region registry */
	FAIL_BLOCK,    /* a page for the block table */
	FAIL_RANGES,   /* room in the registry of sub-sections */
	FAIL_SPANS,    /* storage for spans */
	FAIL_VMALLOC,  /* addresses of the vmalloc region */
	FAIL_NOTIFIER, /* a notifier is called: it vetoes */
	FAIL_ENTER,    /* the hotplug lock, for an operation that changes memory */
	FAIL_DEVICE,   /* a device returns an error, or does not respond in time */
	FAIL_LOCK,     /* any lock: the first attempt fails, so that it has to wait */
	/* The rest never fail by injection; schedules need them. */
	FAIL_RETRY,  /* a waiter is about to try again: true makes it wait once more */
	FAIL_UNLOCK, /* a lock was released */
	FAIL_POST,   /* an event is about to enter the queue */
	FAIL_AWAIT,  /* a CPU waits for sections of others: `about` is a struct grace_await */
	FAIL_POINTS,
};

/* `about`: the address of the lock, the order of the page; else 0.  Called on any CPU, with any
 * locks held. */
typedef bool fail_fn(enum fail_point, u64 about);
extern fail_fn *fail_hook; /* lib/fail.c */
const char *fail_name(unsigned point);

static inline bool fail_about(enum fail_point point, u64 about)
{
	fail_fn *hook = atomic_load_relaxed(&fail_hook);

	return __builtin_expect(hook != NULL, 0) && hook(point, about);
}

static inline bool fail_lock(enum fail_point point, const void *lock)
{
	return fail_about(point, (u64)(uintptr_t)lock);
}

static inline bool fail_here(enum fail_point point)
{
	return fail_about(point, 0);
}
