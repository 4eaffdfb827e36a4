/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/parts.h - blocks of which the outside gives only parts: 2 MiB of a block of 128 MiB.
 *
 * Such a block is added whole (linear map, memmap), but only parts that are there ever reach the
 * buddy: nothing reads or writes the others.  A map of parts belongs to the event source and says
 * which are there; it outlives the blocks that were added with it (hotplug_opts.parts).
 *
 * A bit is set before a block goes online by hotplug_add/online as ever; later parts come by
 * hotplug_expose() and go by hotplug_conceal().  Both hold the hotplug lock for write and are all
 * or none; what mm/hotplug.h says of refusals holds here.
 */
#pragma once
#include <mm/hotplug.h>

struct block_parts {
	pfn_t first;
	u64 each; /* pages of a part; a block is a multiple of it */
	u64 nr;   /* parts */
	u64 *bits;
};

static inline bool parts_has(const struct block_parts *p, u64 part)
{
	return part < p->nr && p->bits[part / 64] >> part % 64 & 1;
}

/* The first run of pages in [*pfn, end) that is there: *pfn is moved to it; its length, 0: none. */
u64 parts_run(const struct block_parts *, pfn_t *pfn, pfn_t end);
/* Pages of a block that can be used: without its own memmap, and only parts that are there. */
u64 block_usable(const struct block *);

/* Parts have come, in blocks that exist: they can be used at once where the block is online. */
int hotplug_expose(paddr_t, u64 len, struct why *);
/* Parts must go: pages in use are moved away first.  *moved counts them. */
int hotplug_conceal(paddr_t, u64 len, u64 *moved, struct why *);
