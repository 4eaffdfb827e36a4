/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/memmap/memmap.h - struct pages of added memory: where they are stored, and how they are freed.
 *
 *   host    in old memory: the block's node first, huge frames (2 MiB), then base pages;
 *           refused if there is too little
 *   block   each block holds its own at its front                      (S2-12, S2-18, L-06)
 *   device  all at the front of the added range                          (S2-13, S2-17, S2-19),
 *           for memory of a device after the reserve that it may request
 *
 * Numbers at 4K: 1 GiB = 8 sections of 128 MiB, 4096 vmemmap pages by device, 512 per block.
 * The head page of a reservation has refcount = sections using it, private = vmemmap pages; every
 * tail's `head` points to it (S2-16).  A vmemmap leaf never crosses the memmap of one block. Table
 * pages of the vmemmap are never taken from the reservation (S2-32).
 */
#pragma once
#include <mm/hotplug/memory_block.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

/* Storage of one add, decided before anything is mapped. */
struct memmap_plan {
	const struct memmap_scheme *scheme;
	pfn_t pfn;    /* of the added range */
	u64 nr;       /* pages */
	u64 unit;     /* pages of one block or sub-section: added and removed alone */
	u64 users;    /* of one unit, counted in the head of a reservation: its sections, or 1 */
	u64 compound; /* pages of one compound whose tails share a frame; 0: none (S1-40) */
	u64 reserve;  /* pages at the front that a memmap there does not use */
	u64 storage;  /* pages that hold the struct pages: set by memmap_plan() */
	bool late;    /* struct pages of whole windows are not written (mm/page/buddy_late.h) */
	enum pt_provenance provenance; /* of the pages of the range */
	unsigned node;
	unsigned max_level; /* bound of the vmemmap's leaves (leaf=page: 0) */
	bool scattered; /* host: single pages were taken, so tables down to level 0 are planned */
	bool populated; /* the storage is in use: memmap_plan_end() does not free it */
	struct pt_plan pt;      /* vmemmap tables */
	struct pt_span *frames; /* host: frames taken; NULL for self-hosted */
	u32 nr_frames, max_frames;
	u32 at_frame; /* host: frame() uses them once, in order */
	u64 at_index;
	u64 leaves;     /* mapped */
	u64 host_bytes; /* bytes taken from old memory, tables not counted */
};

/* The place of the struct pages; it decides the order in which blocks may be removed (S2-19). */
enum memmap_where { MEMMAP_IN_OLD_MEMORY, MEMMAP_IN_EACH_BLOCK, MEMMAP_IN_FIRST_BLOCKS };

/* All members are called under the hotplug lock held for write; `mark` and `reserved` also by CPUs
 * that act for its holder (ENGINE 1.7), so they change nothing in the plan. */
struct memmap_scheme {
	struct scheme s;
	enum memmap_where where;
	/* Take storage; may fail and then has changed nothing.  NULL: nothing to take. */
	int (*take)(struct memmap_plan *, struct why *);
	/* The frame that holds vmemmap page `index` (pages of struct pages) of the plan's range,
	 * and the number of following ones that are physically contiguous.  Called in ascending
	 * order. */
	paddr_t (*frame)(struct memmap_plan *, u64 index, u64 *contiguous);
	/* Pages at the front of block `i` of the range that are not usable.  NULL: none. */
	u64 (*reserved)(const struct memmap_plan *, u64 block);
	/* Write the struct pages in [pfn, pfn + nr), whole units of the range, of pages that hold
	 * memmap: head and tail metadata of all pages that `reserved` counts, which nothing else
	 * writes if the plan's reserve is 0.  On any CPU, for several runs at once.  NULL: there
	 * are none.
	 */
	void (*mark)(const struct memmap_plan *, pfn_t, u64 nr);
	/* Free the storage after a failed add (memmap never mapped); the plan may take some again.
	 * NULL: nothing was taken. */
	void (*give)(struct memmap_plan *);
	/* device-remove=refuse: may the blocks [first, last] be removed?  `first` holds memmap;
	 * -EBUSY names the users that would stay.  NULL: yes. */
	int (*may_remove)(const struct block *first, const struct block *last, struct why *);
};

/*
 * add: plan (storage and tables: -ENOMEM, or -EEXIST for a vmemmap that is mapped; then nothing has
 * changed), then two steps that cannot fail: map the vmemmap; write every struct page that is not
 * late once, in any order and on any CPU that has synchronised with the mapping
 * (pt_visible_here()), in runs that share no page of struct pages, as no two units do.  The caller
 * has filled the plan from `scheme` to `max_level`, the rest is zero.  After a plan that succeeded,
 * end frees unused tables and, unless the plan was mapped, the storage.  Compounds: map has written
 * their struct pages, and write does nothing.
 */
int memmap_plan(struct memmap_plan *, struct why *);
void memmap_map(struct memmap_plan *);
/* Write the struct pages of a run of the plan's pages.  The run that has the first page of a unit
 * marks that unit's memmap, too. */
void memmap_write(const struct memmap_plan *, pfn_t, u64 nr);
void memmap_plan_end(struct memmap_plan *);
/* For schemes: `pages` struct-page pages from `head` on serve `sections` (S2-16). */
void memmap_mark_altmap(pfn_t head, u64 pages, u64 sections, unsigned node);
/* A larger array of pt_spans from old memory, *max >= want of them, with the first nr copied.  The
 * caller keeps the old array, also when the result is NULL (no memory). */
struct pt_span *memmap_spans_grow(struct pt_span *, u32 nr, u32 *max, u32 want);
void memmap_spans_free(struct pt_span *, u32 max);

/*
 * Compounds (mm/memmap/memmap_compound.c): each has two frames, of which the second is mapped
 * read-only for all but the first page of its struct pages.
 */
#define MEMMAP_COMPOUND_FRAMES 2
void memmap_populate_compounds(struct memmap_plan *); /* for memmap_map() */
bool memmap_is_shared_tail(vaddr_t);                  /* is it a read-only page of the vmemmap? */
const char *memmap_what_is(vaddr_t);                  /* for crash reports: in words, or NULL */

/*
 * remove, for one or several runs of blocks with one gather: begin; plan every run (frames are
 * collected, nothing changes); then unmap every run; the remove scheme flushes; `end` frees the
 * frames and runs without the hotplug lock.  After an error in plan: `abort`, instead of `end`.
 * plan: -EBUSY a leaf would be split; -EIO a frame without struct page (S0-24); -ENOMEM no room for
 * the list of frames.
 */
#define MEMMAP_FEW_SPANS 16
/* The scheme that the memory at pfn was added with; *end: the first pfn for which it may differ. */
typedef const struct memmap_scheme *memmap_scheme_fn(pfn_t, pfn_t *end);
struct memmap_removal {
	struct pt_gather gather;
	memmap_scheme_fn *scheme;
	struct pt_span few[MEMMAP_FEW_SPANS];
	u64 compound;                 /* pages of one compound, as in the add; 0: none */
	u64 altmap_pages, host_pages; /* frames collected, by the way they are freed */
};
void memmap_remove_begin(struct memmap_removal *, memmap_scheme_fn *);
int memmap_remove_plan(struct memmap_removal *, pfn_t, u64 nr, struct why *);
void memmap_remove(struct memmap_removal *, pfn_t, u64 nr, const struct remove_scheme *);
void memmap_remove_end(struct memmap_removal *);
void memmap_remove_abort(struct memmap_removal *);

/* Drop one block's use of its reservation; true when it was the last user, or uses none. */
bool memmap_put(struct block *);
/* Head page of the reservation that `b` uses; NULL when its memmap is in old memory. */
struct page *memmap_head(const struct block *b);
u64 memmap_sections_per_block(void);

u64 memmap_bytes(u64 pages); /* pages * 64, rounded up to pages */
vaddr_t memmap_va(pfn_t);    /* of its struct page */
/* Boot memory, once: storage from region_alloc, and its mapping.  No boot-time table page can be
 * allocated from here on (mm/kernel/kpt_boot.h).  -ENOMEM. */
int memmap_boot(struct why *);
/*
 * Write them, after the last region_alloc() and before the buddy gets the rest:
 * pages in reserved ranges become PAGE_BOOT.  late: but not those of free windows of RAM
 * (mm/page/buddy_late.h).  Ends the phase of boot-time table pages.
 */
void memmap_boot_write(bool late);
