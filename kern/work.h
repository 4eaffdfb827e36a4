/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/work.h - deferred work: any context posts, the boot CPU's worker runs it.
 *
 * THE QUEUE is one list without a lock, in the order of the posts.  Its links are members of the
 * works, which belong to the poster: nothing is allocated and nothing overflows.  Posting is
 * allowed in interrupts, on any CPU and with any lock held; on another CPU than the boot CPU it
 * calls ipi_wake().  A work that is posted already is not posted again: it means "check the
 * device", not "this happened once".
 *
 * A WORK RUNS once for each post that returned true, in the worker of the boot CPU, with interrupts
 * on and no lock held, one after the other.  It may evaluate AML, wait for a device
 * (cpu_wait_until() or cpu_pause(), never a busy loop), and post, itself included.
 *
 * WHO RUNS THEM calls work_run() from the boot CPU's worker: mm/hotplug/event.h at the prompt,
 * between tests and wherever it waits.  Nothing runs by itself: work posted while the boot CPU is
 * busy waits until its next call.
 *
 * WHILE A TEST RUNS works of the machine's devices are held, and run first and in their order after
 * work_hold(false).  work_init() decides the kind of a work: one that is initialised while works
 * are held belongs to the test.
 *
 * A RESTART drops posted work: the next boot begins with an empty queue, and each driver checks its
 * device when it starts.
 */
#pragma once
#include <lib/types.h>

/* fn gets the work, so embed it and use container_of().  A work that is zeroed except for fn
 * belongs to a test; a device's work is set up by work_init(). */
struct work {
	struct work *next; /* the queue's */
	u64 due;           /* work_clock() at which it may run, while it waits for that */
	u32 posted;        /* atomic: queued, or waiting for its time */
	bool machine;      /* of a device of this machine: it waits while works are held */
	void (*fn)(struct work *);
};
/* Must not be called while it is posted. */
void work_init(struct work *, void (*fn)(struct work *));
/* Run fn once, soon.  False: it is posted already and will run after this call. */
bool work_post(struct work *);
/* The same not before `ms` have passed (back-off).  Only in a work of the boot CPU, or at boot. */
bool work_post_after(struct work *, u64 ms);

/* ---- the boot CPU's worker only ---- */

/* Run the works that are due, in order, at most `most`; returns how many ran.  Not from within a
 * work. */
u64 work_run(u64 most);
/* Take the next work without running it; NULL: none is due. */
struct work *work_next(void);
/* True if work_run() would run one now. */
bool work_due(void);
/* While held, works of the machine's devices wait; afterwards they run first, in their order. */
void work_hold(bool on);
bool work_held(void);

/* ns, for deadlines: clock_ns() made monotonic. */
u64 work_clock(void);
/* For tests: advance the time of delayed works by `ms`.  Negative: the time is set back. */
void work_time_passes(s64 ms);
