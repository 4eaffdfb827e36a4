/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/parts.h - blocks of which the outside provides only parts, for example 2 MiB of 128
 * MiB.
 *
 * Such a block is added whole (linear map, memmap), but only parts that are present ever reach the
 * buddy: the kernel reads and writes no other.  A map of parts belongs to the event source and says
 * which are present; it outlives the blocks that were added with it (hotplug_opts.parts).
 *
 * The source sets the bits of the first parts before hotplug_add(); later parts are added by
 * hotplug_expose() and removed by hotplug_conceal(), which change the map.  Both take the hotplug
 * lock for write and are all or none; refusals are those of mm/hotplug/hotplug.h.
 */
#pragma once
#include <mm/hotplug/hotplug.h>

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

/* The first run of present pages in [*pfn, end): *pfn is moved to it; its length, 0: none. */
u64 parts_run(const struct block_parts *, pfn_t *pfn, pfn_t end);
/* Pages of a block that can be used: without its own memmap, and only parts that are present. */
u64 block_usable(const struct block *);

/* Add parts of blocks that exist; where the block is online its pages can be allocated at once.
 * -ENXIO: no such block; -EINVAL: not whole parts; -EEXIST: present already; -EBUSY: memmap. */
int hotplug_expose(paddr_t, u64 len, struct why *);
/* Remove parts: pages in use are migrated first, and *moved counts them, also after a failure.
 * Errors as above, -ENXIO for an absent part, and those of an offline. */
int hotplug_conceal(paddr_t, u64 len, u64 *moved, struct why *);
