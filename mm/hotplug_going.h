/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug_going.h - which blocks a removal tears down: not always those it was asked for.
 *
 * A block that holds memmap of blocks that stay is kept (`held`); when the last user goes, the held
 * ones go with it, although nobody named them again (S2-19, S2-20).  For mm/hotplug_remove*.c.
 */
#pragma once
#include <mm/hotplug_internal.h>

struct going {
	const struct block_span *span; /* as asked for; every block of it is OFFLINE */
	pfn_t lo, hi;                  /* no block outside [lo, hi) goes */
	unsigned runs;                 /* of adjacent blocks that go */
	u64 held;                      /* blocks of the span that are kept for others */
};

void going_mark(struct going *, const struct block_span *);
void going_unmark(const struct going *);
/* Visit runs of adjacent blocks that go, in address order, until fn returns non-zero. */
int going_each(const struct going *, int (*fn)(pfn_t, u64 nr, void *arg), void *arg);
/* device-remove=refuse: -EBUSY when a block of the span would have to be kept. */
int going_refuse(const struct going *, struct why *);
/* Drop the uses of the span's blocks; those that must stay become `held`. */
void going_commit(const struct going *);
