/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/resize.h - leaves that change their size in place, without a break, while CPUs access
 * them: a large leaf and a table of pages that map the same frames, a contiguous run and its
 * members.
 *
 * Every CPU loads constants and its own words, and stores to the latter, by bare probes.  The
 * invalidation that ends a change is delayed, so that TLBs may have both entries for a time.  All
 * output addresses, and every bitwise mix of them, are in one chunk of the lab's.
 */
#pragma once
#include <tlblab/lab.h>

enum resize { RESIZE_TABLE, RESIZE_LARGE, RESIZE_SINGLE, RESIZE_RUN, RESIZES };

struct resize_counts {
	u32 changes, accesses;
	u32 aborts; /* faults that no entry can cause: TLB conflict aborts */
	u32 faults; /* other faults: both entries are valid */
	u32 wrong;  /* a constant of another page, or anything else */
	u32 lost;   /* a CPU's last store is missing */
};

/* lab_open() with a large chunk, or runs alone; `rounds` changes of each size.  False: no memory.
 */
bool resize_run(struct lab *, u64 seed, unsigned rounds, struct resize_counts[RESIZES]);
/* NULL, or why this change cannot be tried here. */
const char *resize_missing(const struct lab *, enum resize);
