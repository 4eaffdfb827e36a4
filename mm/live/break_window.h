/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/live/break_window.h - addresses that are invalid for a moment because their entries are
 * changed, while other CPUs use them (ENGINE 4.6).
 *
 * A CPU publishes a window, breaks entries in it, stores the new ones and closes it.  Another CPU
 * that faults there meanwhile waits until the window is closed, and retries: also with interrupts
 * off and with locks held, because the CPU that waits serves calls from others.  In return the CPU
 * that broke the entries
 *
 *   - has interrupts off and takes no lock from the first break to the last store (a CPU that holds
 *     that lock may be waiting for the window);
 *   - accesses no address in the window itself: its own fault there is a crash, not a wait.
 *
 * mm/live/live_split.h decides which memory may be in a window of more than one page.  A CPU that
 * faults again after the window has closed retries once for each window (its walk was older).
 *
 * A probe (kern/probe.h) does not wait: it reports the fault.
 */
#pragma once
#include <mm/kernel/layout.h>

/*
 * A slot has one owner at a time.  The first is for a range, under the hotplug lock held for write;
 * the others each for a page of a batch that migrates, under the lock of mm/hotplug/movable.h.
 */
#define BREAK_PAGES 64
enum break_slot { BREAK_RANGE, BREAK_PAGE, BREAK_SLOTS = BREAK_PAGE + BREAK_PAGES };

/* Publish the range; the caller puts a full barrier between this and the first break.  Interrupts
 * are off until the window is closed. */
void break_window_open(vaddr_t, u64 len);
/* After the last store, and after the stores to frames that the new entries map. */
void break_window_close(void);
/* The same for a batch of n <= BREAK_PAGES pages, each with a window of its own. */
void break_pages_open(const vaddr_t *, unsigned n);
void break_pages_close(unsigned n);
/* True if the window that this CPU has open in this slot covers the range. */
bool break_window_covers(unsigned slot, vaddr_t, u64 len);

/*
 * Called by the fault path, on the CPU that faulted, in any context: true if the access must be
 * retried, because it was in a window, which is closed now, or its walk was older than a window
 * that was closed.  Takes no lock and serves calls from other CPUs while it waits.
 */
bool break_window_fault(vaddr_t);
u64 break_window_faults(void); /* faults that waited for a window */
