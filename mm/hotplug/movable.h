/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/movable.h - pages that can migrate while in use: each is a live mapping in the vmalloc
 * region that any CPU may be reading or writing.  All functions may be called on any CPU, with no
 * lock of class movable or above held.
 *
 * Migration: publish the window, unmap -> TLBI -> copy -> map, close the window.  A CPU that faults
 * on the VA meanwhile waits in the fault handler until the window is closed, and retries: every
 * fault is in a published window (mm/live/break_window.h), and no CPU reads wrong data (ENGINE 4).
 */
#pragma once
#include <mm/page/page.h>

struct movable {
	vaddr_t va;
	struct page *page;
	const char *owner;
	bool code; /* read and executed, not written */
};

/* A page from ZONE_MOVABLE of `node` (only that node), mapped read-write.  -ENOMEM.  The struct and
 * the owner's name belong to the caller and must outlive the page; contents are not cleared. */
int movable_alloc(struct movable *, unsigned node, const char *owner, struct why *);
/* The same inside [lo, hi), for a page of a given block; -ENXIO: lo is not online.
 */
int movable_alloc_in(struct movable *, pfn_t lo, pfn_t hi, const char *owner, struct why *);
void movable_free(struct movable *); /* asserts that it is not pinned */

/*
 * Turn the page into code: map it read-execute and synchronise the instruction fetches of every
 * CPU, now and after each migration.  The caller has written the instructions, and no CPU uses the
 * page during the call.
 */
void movable_to_code(struct movable *);

/* Migrate this page to another frame, while CPUs use it.  -EBUSY: it is pinned; -ENOMEM: no free
 * page.  The caller excludes movable_free() meanwhile. */
int movable_move(struct movable *, struct why *);

/* A pinned page vetoes the offlining of its block; the owner is named. */
void movable_pin(struct movable *);
void movable_unpin(struct movable *);

/*
 * Migrate every used page of [pfn, pfn + nr), an isolated range, out of it: into zone Movable, of
 * the same node first, then into zone Normal likewise.  Adds to *moved, also when it fails: pages
 * that were moved stay moved.  -EBUSY names the first page that cannot move, -ENOMEM: no free page,
 * -ECANCELED.  Under the hotplug lock held for write.
 */
int movable_evacuate(pfn_t, u64 nr, u64 *moved, struct why *);

/*
 * Before anything moves: -EBUSY names the first page that is pinned or cannot move; else adds to
 * *used the pages that would have to move.  A page may still be pinned after the check.
 */
int movable_check(pfn_t, u64 nr, u64 *used, struct why *);

u64 movable_in_use(void);
u64 movable_moved(void); /* pages that were moved, for any reason */
