/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/movable.h - pages that are in use and can move: each is a live mapping in the vmalloc region
 * that any CPU may be reading or writing.
 *
 * Migration: publish the window, unmap -> TLBI -> copy -> map, close the window.  A CPU that faults
 * on the VA meanwhile waits in the fault handler for the window to close and retries: every fault
 * lies in a published window, wrong data is never seen (ENGINE 4).
 */
#pragma once
#include <mm/page.h>

struct movable {
	vaddr_t va;
	struct page *page;
	const char *owner;
	bool code; /* read and executed, not written */
};

/* A page from ZONE_MOVABLE of `node` (only that node), mapped read-write.  -ENOMEM. */
int movable_alloc(struct movable *, unsigned node, const char *owner, struct why *);
/* The same at a chosen pfn's block: used by tests to put a page into a given block. */
int movable_alloc_in(struct movable *, pfn_t lo, pfn_t hi, const char *owner, struct why *);
void movable_free(struct movable *);

/*
 * Turn the page into code: map it read-execute and synchronise the instruction fetches of every
 * CPU, now and after each migration.  The caller has written the instructions, and no CPU uses the
 * page during the call.
 */
void movable_to_code(struct movable *);

/* Move this one elsewhere, its node's zone Movable first, while CPUs use it.  -EBUSY: it is pinned;
 * -ENOMEM: nowhere to go.  The caller sees to it that nobody frees it. */
int movable_move(struct movable *, struct why *);

/* A pinned page vetoes the offlining of its block; the owner is named. */
void movable_pin(struct movable *);
void movable_unpin(struct movable *);

/*
 * Move every used page of [pfn, pfn + nr) elsewhere (node's other zones, then other nodes).  The
 * range is isolated.  -EBUSY names the first page that cannot move, -ENOMEM nowhere to go.
 */
int movable_evacuate(pfn_t, u64 nr, u64 *moved, struct why *);

/*
 * Before anything moves: -EBUSY names the first page that is pinned or cannot move; else *used says
 * how many pages would have to move.
 */
int movable_check(pfn_t, u64 nr, u64 *used, struct why *);

/* Called by the fault path: true when the fault lay in a window; the access is retried. */
bool movable_fault(vaddr_t);
u64 movable_faults(void); /* faults that waited for a window */
u64 movable_in_use(void);
u64 movable_moved(void); /* pages that were moved, for whatever reason */
