/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/work.h - deferred work: any context posts, the boot CPU's worker runs it.
 *
 * THE QUEUE is one list without a lock, in the order of the posts.  Its links lie in the works,
 * which belong to the poster: nothing is allocated, nothing overflows, and it is as long as what
 * can be outstanding.  Posting is allowed in interrupts, on any CPU and with any lock held; on
 * another CPU than the boot CPU it sends IPI_WAKE.  A work that is posted already is not posted
 * again: it means "look at the device", not "this happened once".
 *
 * A WORK RUNS once for each post that returned true, in the worker of the boot CPU, with interrupts
 * on and no lock held, one after the other.  It may evaluate AML, wait for a device
 * (cpu_wait_until() or cpu_pause(), never a busy loop), and post, itself included.
 *
 * WHO RUNS THEM calls work_run() from the boot CPU's worker: mm/hotplug/event.h at the prompt,
 * between tests and wherever it waits.  Nothing runs by itself: work posted while the boot CPU
 * is busy waits until it looks.
 *
 * WHILE A TEST RUNS works of the machine's devices are laid aside, and come first and in their
 * order when work_hold(false) ends that.  work_init() decides to which kind a work belongs: one
 * that is initialised while works are held is the test's.
 *
 * A RESTART drops posted work: the next boot begins with an empty queue, and each driver looks
 * at its device when it starts.
 */
#pragma once
#include <lib/types.h>

/* fn gets the work, so embed it and use container_of().  A work that is zeroed but for fn is a
 * test's; that of a device goes through work_init(). */
struct work {
	struct work *next; /* the queue's */
	u64 due;           /* work_clock() at which it may run, while it waits for that */
	u32 posted;        /* atomic: queued, or waiting for its time */
	bool machine;      /* of a device of this machine: it waits while works are held */
	void (*fn)(struct work *);
};
/* Not while it is posted. */
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
/* While held, works of the machine's devices wait; then they come first, in their order. */
void work_hold(bool on);
bool work_held(void);

/* ns, for deadlines: like clock_ns(), but it never goes back. */
u64 work_clock(void);
/* For tests: all that waits for its time sees `ms` pass.  Negative: time is set back. */
void work_time_passes(s64 ms);
