/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/block.h - memory blocks: the unit of add, online, offline and remove.
 *
 *   ABSENT <-> OFFLINE;  OFFLINE -> GOING_ONLINE -> ONLINE | OFFLINE;
 *   ONLINE -> GOING_OFFLINE -> OFFLINE | ONLINE                               (ENGINE 7)
 *
 * Found by pfn through a table of three levels: top -> page of pointers -> page of blocks.  States
 * change only under the hotplug lock held for write; readers hold it for read, or own a page of the
 * block.
 */
#pragma once
#include <mm/buddy.h>

struct block_parts;

enum block_state {
	BLOCK_ABSENT,
	BLOCK_OFFLINE,
	BLOCK_GOING_ONLINE,
	BLOCK_ONLINE,
	BLOCK_GOING_OFFLINE
};

struct block {
	u8 state;
	u8 node;
	u8 zone;
	bool boot;     /* boot memory: never removable (S0-38, X-02) */
	bool partial;  /* boot memory fills it only partly */
	bool held;     /* removed, but its memory still holds the memmap of others (S2-19) */
	bool isolated; /* an offline is in progress: frees go nowhere else */
	bool going;    /* mark of a removal in progress: torn down by it */
	bool withheld; /* came from withheld memory, and returns there */
	u8 home_node;  /* the node that the withheld range belonged to */
	bool leaves;   /* as hotplug_opts says */
	bool recall;   /* mark: taken offline for a request, returns online if that fails */
	bool stays;    /* mark: was there before the test that runs */
	const struct memmap_scheme *memmap;
	const void *owner;               /* who asked for the add, as hotplug_opts says */
	const struct block_parts *parts; /* only these are there (mm/parts.h); NULL: all of it */
	pfn_t first_pfn;                 /* of the block */
	pfn_t altmap_pfn;                /* head page of the memmap reservation it uses, or 0 */
	u32 altmap_pages;                /* pages at its own front that hold memmap (not usable) */
	u64 range_pfn;                   /* first pfn and length of the add that brought it */
	u32 range_blocks;
	u32 tables; /* table pages its add allocated (reports) */
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

/* Brought by the same add?  Another one may have filled the place of a block that went. */
static inline bool block_same_add(const struct block *a, const struct block *b)
{
	return a->range_pfn == b->range_pfn && a->range_blocks == b->range_blocks &&
	       a->memmap == b->memmap;
}

const char *block_state_name(unsigned state);

/* Sized for the mappable range; pages for known ranges come at boot: call it when the linear map is
 * live and before region_close_boot(). */
int block_table_init(struct why *);
struct block *block_find(pfn_t); /* NULL when ABSENT and not held */
/* -ENOMEM; the new block is OFFLINE. */
int block_create(pfn_t first, struct block **out, struct why *);
void block_destroy(struct block *);
/* In address order; start with NULL. */
struct block *block_next(const struct block *);
/* Blocks of boot memory exist from the start: ONLINE, ZONE_NORMAL.  For block_table_init. */
void block_boot_fill(void (*make)(pfn_t, bool block));
u64 block_table_bytes(void); /* from old memory, on demand after boot */
