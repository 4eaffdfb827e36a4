/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memmap/fake.h - 16 MiB of memory in blocks of 2 MiB, whose struct pages fill 32 KiB
 * each; the first two blocks are old memory.  Addresses for the struct pages of 128 blocks.
 *
 * Memory is a file, so a frame that is mapped twice is one memory, a store to a page that is mapped
 * read-only ends the program, and so does any access where nothing is mapped.
 */
#pragma once
#include <asserts.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/memmap/memmap.h>
#include <mm/pt/pt_tap.h>

#define PAGE 4096ul
#define BASE 0x40000000ul
#define PFN(i) (BASE / PAGE + (i)) /* of page i */
#define FRAMES 4096u
#define OLD 1024u      /* pages of old memory */
#define VM_PAGES 1024u /* of struct pages */
#define VM_OLD (OLD / 64)
#define BLOCK 512u   /* pages */
#define SECTION 256u /* pages */
#define NODE 5u
#define CHUNKS 400u

struct mapped {
	u32 frame;
	bool there, rw;
};

struct fake {
	struct mapped map[VM_PAGES];
	u8 head[OLD];                   /* order + 1 of an allocated chunk */
	u8 stores[VM_PAGES * 64];       /* of templates, to each struct page */
	bool filled[FRAMES], used[OLD]; /* filled: as reported to the taps */
	struct pt_span chunks[CHUNKS];  /* that the buddy allocated for struct pages, in order */
	unsigned order_asked;           /* of the first one, whether there was one or not */
	unsigned nr_chunks, next_frame; /* the next frame is at or above it */
	unsigned chunks_most, singles_most; /* chunks of more than a page, and single pages */
	enum fake_place { APART, UP, DOWN, HALVES } place; /* of one chunk after another */
	unsigned spans_asks, spans_fail; /* arrays of spans; the one that fails, from 1 on */
	int spans_out;
	bool point; /* FAIL_SPANS is on */
	unsigned plans, plan_fails;
	int open_plans, gathers;
	unsigned planned_level;   /* of the last plan */
	unsigned run_most, level; /* of a walk: cells of a run, and the level of leaves */
	unsigned flushes, removes;
	struct pt_span freed[CHUNKS]; /* by a gather */
	unsigned nr_freed;
	struct block *block[VM_PAGES / 8];
};
extern struct fake fake;
extern const struct remove_scheme fake_remover;

/* leaf_ok: as of a format whose levels span 4, 16, 32 and 128 KiB. */
void fake_begin(unsigned leaf_ok);
struct page *fake_page(u64 i); /* of page i */
void fake_map(unsigned vm_page, u32 frame, bool rw);
void fake_unmap(unsigned vm_page);
const struct pt_fmt *fake_fmt(unsigned leaf_ok);
/* The contents of a frame of struct pages, independent of its mapping. */
const struct page *fake_frame(u32 frame);
/* The contents of the frame when it was mapped, and when the taps were informed that it was filled.
 */
const struct page *fake_when_mapped(u32 frame);
const struct page *fake_when_filled(u32 frame);
/* Nothing is open, and nothing of the buddy is in use but `frames` frames. */
void fake_at_rest(unsigned frames);
const struct memmap_scheme *fake_scheme(const char *name);

/* ---- parts of the program ---- */
void check_adds(void);
void check_compounds(void);
void check_host(void);
void check_removals(void);
void check_parts(void);
