/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/study/set_direct.h - rights of pages in the linear map, changed by their owner (S1-06; Linux:
 * set_direct_map_invalid_noflush() and similar functions).
 *
 * An owner whose pages have another mapping (code that must not be writable anywhere, a secret that
 * no other code may read) removes them from the linear map, or makes them read-only there.  The
 * leaf around them is split if necessary (mm/live/live_split.h); all other pages of it stay
 * readable and writable all the time, except where a break is required: there a CPU waits in a
 * window.
 *
 *   rights         load    store
 *   DIRECT_DEFAULT yes     yes     every page that is free or unchanged
 *   DIRECT_READ    yes     fault
 *   DIRECT_NONE    fault   fault   a hole in the linear map
 *
 * While a chunk is not DEFAULT its struct page has provenance PAGE_REMAPPED: an attempt to free it
 * is an assertion that names both classes, so no free page has other rights.  Its block cannot be
 * taken offline, because it has a used page that cannot move; so hot-remove never finds such an
 * entry (S1-07).
 *
 * Locks: every call takes the hotplug lock for write; the caller holds none and is no interrupt
 * handler.  In the discussion the mmap lock of init_mm has this role.
 */
#pragma once
#include <mm/page/page.h>

enum direct_rights { DIRECT_DEFAULT, DIRECT_READ, DIRECT_NONE };

/*
 * Change a whole allocated chunk, identified by its head.  On return no CPU uses an older right.
 *
 * -EINVAL  not the head of a used chunk, or one that can move (mm/hotplug/movable.h)
 * -EBUSY   the leaf around it may not be broken (boot memory), and these CPUs require a break
 * -ENOMEM  no page tables, or too many leaves are split
 *
 * With an error nothing has changed.  A change to DIRECT_DEFAULT cannot fail.
 */
int set_direct(struct page *, enum direct_rights, struct why *);
enum direct_rights set_direct_of(const struct page *); /* of a used chunk, by its first page */
/* For crash reports: the reason of a fault at this address, in words, or NULL. */
const char *set_direct_what_is(vaddr_t);
