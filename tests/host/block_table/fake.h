/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/block_table/fake.h - 4 blocks of memory, of which the first two are boot memory and
 * the other two can be added; a registry; a buddy that has one page for each node.
 *
 * A block has 1 MiB: a page of the table holds 32 blocks, and a page of pointers 16384.
 */
#pragma once
#include <asserts.h>
#include <mm/hotplug/memory_block.h>
#include <mm/page/region.h>

#define PAGE 4096ul
#define BLOCK MiB
#define BASE fake_base
#define IN_LEAF 32u
#define IN_MID (512u * IN_LEAF)
#define PFN(i) ((BASE + (u64)(i)*BLOCK) / PAGE) /* of block i of those that can be mapped */

enum offer { NONE, OF_BOOT, OF_ADDED };

struct fake {
	struct mem_range ram[6], withheld[3];
	u64 mappable;                /* bytes from BASE on */
	unsigned regions, fail_at;   /* calls of region_alloc(); the one that fails, from 1 on */
	u64 top_bytes;               /* of the first one */
	enum offer offer[NODES_MAX]; /* what a node has, without end */
	unsigned allocs, frees, out; /* pages of the buddy */
	unsigned pages_most;         /* that the buddy has; 0: no bound */
	bool point;                  /* FAIL_BLOCK is on */
};
extern struct fake fake;
extern u64 fake_base; /* of the memory */

void fake_begin(u64 mappable_blocks);
bool fake_intact(void); /* nothing was written where nothing was handed out */
