/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memmap_boot/fake.h - 64 MiB of addresses in blocks of 8 MiB, whose struct pages fill
 * 128 KiB each; a registry, the late windows, and a tree that records each mapping.
 */
#pragma once
#include <mm/kernel/kpt.h>
#include <mm/page/page.h>
#include <mm/page/region.h>

#define PAGE 4096ul
#define BASE fake_base
#define BLOCK (8 * MiB)
#define BLOCKS 8u
#define PER_BLOCK 2048u             /* pages */
#define MEMMAP_PAGES (BLOCKS * 32u) /* of struct pages */
#define MEMMAP_BLOCK 32u            /* the same, of one block */
#define GARBAGE 0x5a5a5a5a5a5a5a5aul

struct fake {
	struct mem_range ram[6], reserved[6], free[4]; /* .pa from BASE on; .len 0: the end */
	const char *leaf;
	bool contig, refuses_late;
	unsigned level;                   /* of the largest leaf, as the row wants it */
	u64 frame_most;                   /* the largest frame that there is; 0: of any size */
	unsigned frames_most, plan_fails; /* that there are; the plan that fails, from 1 on */
	/* seen */
	unsigned asks, frames, plans, open_plans, trims, closes;
	u64 last_ask;
	paddr_t frame[MEMMAP_PAGES]; /* of each page of struct pages */
	u8 node[MEMMAP_PAGES];       /* on which it was requested */
	unsigned begins, nr_late;
	pfn_t late[4];
	u64 late_nr[4];
	unsigned late_node[4];
};
extern struct fake fake;
extern u64 fake_base; /* of the memory */

void fake_begin(unsigned leaf_ok, unsigned levels);
struct page *fake_page(u64 i);
void fake_at_close(void); /* of the program: checks the struct pages that are written */
