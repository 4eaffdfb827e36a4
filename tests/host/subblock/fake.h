/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/subblock/fake.h - 5 blocks of 64 pages in sub-blocks of 4; the buddy's state of each
 * page, and a migration that reports a call that is too early.
 */
#pragma once
#include <mm/hotplug/subblock.h>

#define PAGE 4096ul
#define EACH 4u       /* pages of a part */
#define PER_BLOCK 64u /* pages */
#define BLOCK (PER_BLOCK * PAGE)
#define BLOCKS 5u
#define BASE 0x1000u /* the first page */
#define PA(block, part) (((BASE + (block)*PER_BLOCK + (part)*EACH)) * PAGE)
#define LEN(parts) ((u64)(parts)*EACH * PAGE)

/* The buddy's state of a page: not in the buddy, free, isolated, in use (and can move or not), or
 * of the vmalloc region, where it waits for an invalidation. */
enum has { NOTHING, FREE, ISOLATED, USED, STUCK, WAITS };

struct fake {
	struct block block[BLOCKS];
	bool there[BLOCKS];
	struct subblock_map subblocks;
	u64 bits[4];
	enum has page[BLOCKS * PER_BLOCK];
	u64 room;     /* pages that are free elsewhere */
	pfn_t across; /* a chunk in use contains this page; 0: none does */
	u64 moves;    /* pages that can be moved before one cannot */
	bool locked, no_lock;
	unsigned locks;
};
extern struct fake fake;

/* Block 0 is not made of parts, 1 to 3 are, 4 is not there.  2 and 3 are online, 1 is not. */
void fake_begin(void);
void fake_set(u64 block, u64 part, bool there); /* as a source and an online do it */
enum has *fake_page(pfn_t);
