/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/live_split/fake.h - a tree as a list of pages, each with the leaf that maps it.
 *
 * Leaves have 1, 4 or 16 pages; a run has two leaves of 1 page or of 4.  A plan for PT_OP_SPLIT
 * makes pages of the leaves that it touches, and dissolves a run only where an edge cuts it.
 */
#pragma once
#include <asserts.h>
#include <mm/kernel/kpt.h>
#include <mm/live/live_split.h>

#define PAGE 4096ul
#define PAGES 320u
#define VA(page) (0xffffffc000000000ul + (page)*PAGE)

struct mapped {
	bool there, run;
	u8 level;
	u16 prot;
	u32 frame; /* number */
};

struct fake {
	struct mapped page[PAGES];
	unsigned plans, fail_at; /* plans for a split; the one that fails, from 1 on */
	bool unlocked;
	/* seen */
	int open_plans, gathers;
	bool owed;
	vaddr_t window;
	u64 window_len;
	unsigned joins;
};
extern struct fake fake;

void fake_begin(void); /* single pages, each on the frame of its number */
/* Pages [at, at + n) are mapped by leaves of a level, in runs or not. */
void fake_map(unsigned at, unsigned n, unsigned level, bool run);
