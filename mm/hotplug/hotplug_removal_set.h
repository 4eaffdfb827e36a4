/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_removal_set.h - the blocks that a removal tears down, which are not always
 * those of the request.
 *
 * A block that holds memmap of other blocks stays mapped (`held`); when the last user is removed,
 * the held blocks are removed with it, although no caller names them again (S2-19, S2-20).  For
 * mm/hotplug/hotplug_remove*.c, under the hotplug lock held for write.
 */
#pragma once
#include <mm/hotplug/hotplug_internal.h>

struct removal_set {
	const struct block_span *span; /* of the request; every block of it is OFFLINE */
	pfn_t lo, hi;                  /* no block outside [lo, hi) is removed */
	unsigned runs;                 /* of adjacent blocks that are removed */
	u64 held;                      /* blocks of the span that stay mapped for others */
};

/* Mark the blocks to remove, and count runs and held blocks; cannot fail. */
void removal_set_mark(struct removal_set *, const struct block_span *);
void removal_set_unmark(const struct removal_set *); /* after a refusal */
/* Visit runs of marked adjacent blocks in address order until fn returns non-zero; that is the
 * result.  fn may destroy the blocks of its run. */
int removal_set_each(const struct removal_set *, int (*fn)(pfn_t, u64 nr, void *arg), void *arg);
/* device-remove=refuse: -EBUSY if a block of the span would stay mapped. */
int removal_set_refuse(const struct removal_set *, struct why *);
/* Release the memmap reservations that the span's blocks use; blocks that must stay become ABSENT
 * and `held`.  The last writes to struct pages of the span. */
void removal_set_commit(const struct removal_set *);
