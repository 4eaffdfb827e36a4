/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/offered.h - the physical ranges that event sources offer for a hot-add.
 *
 * Called on the boot CPU, which alone changes what sources offer and the tables of blocks; no lock.
 */
#pragma once
#include <lib/types.h>

/* Begin with a zeroed position. */
struct source_pos {
	unsigned n; /* of the source's range */
	u64 at;     /* first address not yet looked at; 0 = begin of the range */
};
bool next_source_range(struct source_pos *, u64 *start, u64 *len, unsigned *node); /* all of it */
bool next_addable(struct source_pos *, u64 *start, u64 *len,
		  unsigned *node); /* absent ranges only */
/* The first whole blocks that can be added, at most `most` bytes; false: there is none. */
bool addable_blocks(u64 most, u64 *start, u64 *len, unsigned *node);
