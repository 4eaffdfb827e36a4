/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/subblock.h - blocks of which the device provides only sub-blocks, for example 2 MiB of
 * 128 MiB.
 *
 * Such a block is added whole (linear map, memmap), but only sub-blocks that are present ever reach
 * the buddy: the kernel reads and writes no other.  A map of the present sub-blocks belongs to the
 * event source, and outlives the blocks that were added with it (hotplug_opts.subblocks).
 *
 * The source sets the bits of the first sub-blocks before hotplug_add(); later sub-blocks are added
 * by subblock_add() and removed by subblock_remove(), which change the map.  Both take the hotplug
 * lock for write and are all or none; refusals are those of mm/hotplug/hotplug.h.
 */
#pragma once
#include <mm/hotplug/hotplug.h>

struct subblock_map {
	pfn_t first;
	u64 each; /* pages of a sub-block; a block is a multiple of it */
	u64 nr;   /* sub-blocks */
	u64 *bits;
};

static inline bool subblock_present(const struct subblock_map *p, u64 sub)
{
	return sub < p->nr && p->bits[sub / 64] >> sub % 64 & 1;
}

/* Find the first run of present pages in [*pfn, end): sets *pfn to its start, returns its length,
 * or 0. */
u64 subblock_run(const struct subblock_map *, pfn_t *pfn, pfn_t end);
/* Pages of a block that can be used: without its own memmap, and only sub-blocks that are present.
 */
u64 block_usable(const struct block *);

/* Add sub-blocks of blocks that exist; where the block is online its pages can be allocated at
 * once. -ENXIO: no such block; -EINVAL: not whole sub-blocks; -EEXIST: present already; -EBUSY:
 * memmap. */
int subblock_add(paddr_t, u64 len, struct why *);
/* Remove sub-blocks: pages in use are migrated first, and *moved counts them, also after a failure.
 * Errors as above, -ENXIO for an absent sub-block, and those of an offline. */
int subblock_remove(paddr_t, u64 len, u64 *moved, struct why *);
