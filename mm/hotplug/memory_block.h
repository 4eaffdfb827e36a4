/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/memory_block.h - memory blocks: the unit of add, online, offline and remove.
 *
 *   ABSENT <-> OFFLINE;  OFFLINE -> GOING_ONLINE -> ONLINE | OFFLINE;
 *   ONLINE -> GOING_OFFLINE -> OFFLINE | ONLINE                               (ENGINE 7)
 *
 * Found by pfn through a table of three levels: top -> page of pointers -> page of blocks.  States
 * change only under the hotplug lock held for write; readers hold it for read, or own a page of the
 * block.  The fields that change while a CPU may own one are atomic: `state` and `isolated`.
 */
#pragma once
#include <mm/page/buddy.h>

struct subblock_map;

enum block_state {
	BLOCK_ABSENT,
	BLOCK_OFFLINE,
	BLOCK_GOING_ONLINE,
	BLOCK_ONLINE,
	BLOCK_GOING_OFFLINE
};

struct block {
	u8 state; /* atomic, as enum block_state */
	u8 node;
	u8 zone;
	bool boot;     /* boot memory: never removable (S0-38, X-02) */
	bool partial;  /* boot memory fills it only partly */
	bool held;     /* removed, but its memory still holds memmap of others (S2-19) */
	bool isolated; /* atomic: an offline is in progress, pages freed meanwhile stay off the
			  lists */
	bool removing; /* mark: the removal in progress tears this block down */
	bool withheld; /* was withheld memory before the add, and is again after the removal */
	u8 home_node;  /* the node that the withheld range belonged to */
	bool leaves;   /* hotplug_opts.leaves */
	bool recall;   /* mark: taken offline for a request, returns online if that fails */
	bool stays;    /* mark: present before the running test */
	bool late;     /* struct pages of its whole windows are not written: buddy_late.h */
	const struct memmap_scheme *memmap;
	const void *owner; /* source that requested the add, as in hotplug_opts */
	const struct subblock_map
		*subblocks; /* only these are present (mm/hotplug/subblock.h); NULL: all of it */
	pfn_t first_pfn;    /* of the block */
	pfn_t altmap_pfn;   /* head page of the memmap reservation it uses, or 0 */
	u32 altmap_pages;   /* pages at its own front that hold memmap (not usable) */
	u64 range_pfn;      /* first pfn and length of its add */
	u32 range_blocks;
};

_Static_assert(sizeof(struct block) <= 128, "at most 128 bytes a block from old memory");

static inline u64 block_pages(void)
{
	return layout.block_bytes >> page_shift();
}

static inline u64 block_nr(paddr_t pa) /* the number users see: pa / block size */
{
	return pa / layout.block_bytes;
}

/* True if one add made both.  After a removal another add may have made a block at the same
 * address. */
static inline bool block_same_add(const struct block *a, const struct block *b)
{
	return a->range_pfn == b->range_pfn && a->range_blocks == b->range_blocks &&
	       a->memmap == b->memmap;
}

const char *block_state_name(unsigned state);

/* Boot, once: sized for the mappable range, with pages for all known ranges.  Call it when the
 * linear map is live and before region_close_boot().  -ENOMEM. */
int block_table_init(struct why *);
/* The block that holds pfn; NULL when ABSENT and not held.  Under the hotplug lock, or on a CPU
 * that owns a page of the block: then it cannot be destroyed meanwhile. */
struct block *block_find(pfn_t);
/* The same for the block that follows, and for the first block with its first pfn in [pfn, end):
 * a few instructions for a block. */
struct block *block_after(const struct block *);
struct block *block_first_in(pfn_t pfn, pfn_t end);
/*
 * Make the block whose first pfn is given, OFFLINE; asserts that there is none.  May take a page of
 * boot memory for the table; -ENOMEM.  Destroy frees such pages with their last block, and the
 * pointer is then invalid.  Both under the hotplug lock held for write.
 */
int block_create(pfn_t first, struct block **out, struct why *);
void block_destroy(struct block *);
/* In address order, held blocks included; start with NULL.  Under the hotplug lock. */
struct block *block_next(const struct block *);
/* Blocks of boot memory exist from the start: ONLINE, ZONE_NORMAL.  For block_table_init. */
void block_boot_fill(void (*make)(pfn_t, bool block));
u64 block_table_bytes(void); /* from old memory, on demand after boot */
