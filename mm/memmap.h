/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/memmap.h - struct pages for memory that arrives: where they live, who frees them.
 *
 *   host    from memory we already have: the block's node first, huge frames (2 MiB) then base
 *           pages, a clean refusal when short
 *   block   each block carries its own at its front                      (S2-12, S2-18, L-06)
 *   device  all at the front of the added range                          (S2-13, S2-17, S2-19)
 *
 * Numbers at 4K: 1 GiB = 8 sections of 128 MiB, 4096 vmemmap pages by device, 512 per block.
 * The head page of a reservation has refcount = sections using it, private = vmemmap pages; every
 * tail's `head` points to it (S2-16).  A vmemmap leaf never crosses what describes one block.
 * Table pages of the vmemmap never come from the reservation (S2-32).
 */
#pragma once
#include <mm/block.h>
#include <mm/policy.h>

/* Storage of one add, decided before anything is mapped. */
struct memmap_plan {
	const struct memmap_scheme *scheme;
	pfn_t pfn;          /* of the added range */
	u64 nr;             /* pages */
	unsigned node;
	unsigned max_level; /* bound of the vmemmap's leaves (leaf=page: 0) */
	struct pt_plan pt;  /* vmemmap tables */
	struct pt_span *frames; /* host: frames taken; NULL for self-hosted */
	u32 nr_frames, max_frames;
	u64 host_bytes;     /* bytes taken from old memory, tables not counted */
};

struct memmap_scheme {
	struct scheme s;
	/* Take storage; may fail and then has changed nothing. */
	int (*take)(struct memmap_plan *, struct why *);
	/* The frame that holds vmemmap page `index` (pages of struct pages) of the plan's range, and
	 * how many following ones are physically contiguous. */
	paddr_t (*frame)(struct memmap_plan *, u64 index, u64 *contiguous);
	/* Pages at the front of block `i` of the range that are not usable. */
	u64 (*reserved)(const struct memmap_plan *, u64 block);
	/* Write head and tail metadata once the struct pages exist. */
	void (*mark)(struct memmap_plan *);
	/* Give storage back: after a failed add (memmap never mapped). */
	void (*give)(struct memmap_plan *);
	/* May this block be removed now?  device-remove=refuse answers -EBUSY naming the users. */
	int (*may_remove)(const struct block *, const struct block *last, struct why *);
};

/* add: plan (may fail), then populate (cannot): map the vmemmap and write every struct page once. */
int memmap_plan(struct memmap_plan *, const struct memmap_scheme *, pfn_t, u64 nr, unsigned node,
		unsigned max_level, struct why *);
void memmap_populate(struct memmap_plan *);
void memmap_plan_end(struct memmap_plan *); /* gives back what was not used */

/* remove: the same two steps.  `release` runs without the hotplug lock's readers being blocked. */
struct memmap_removal {
	pfn_t pfn;
	u64 nr;
	struct pt_plan pt;
	struct pt_gather gather;
	struct pt_span *spans; /* storage for frames, allocated by the plan */
	u32 max_spans;
};
int memmap_remove_plan(struct memmap_removal *, pfn_t, u64 nr, struct why *);
void memmap_remove(struct memmap_removal *, const struct remove_scheme *);
void memmap_remove_end(struct memmap_removal *);

/* Drop one block's use of its reservation; true when the last user is gone. */
bool memmap_put(struct block *);

u64 memmap_bytes(u64 pages); /* pages * 64, rounded up to pages */
/* Boot memory: storage from region_alloc, PAGE_BOOT; pages in reserved ranges are PAGE_BOOT. */
int memmap_boot(struct why *);
