/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/gup/gup_tree.h - a tree that software alone walks, and pages that know where they belong.
 *
 * Some pages beside each other are mapped and unmapped again; their one table of level 0, and those
 * above it, come and go with them.  A FRAME exists as a number only: generation of the mapping,
 * place in the range, and a checksum of both.  So a value that a walker finds in a cell either is
 * one that was written for this very place, or empty, or it is junk: a list node, another table's
 * cells, the poison of a table that went back (S3-06).
 *
 * The boot CPU maps and unmaps, any CPU walks.
 */
#pragma once
#include <mm/kernel/table_free.h>
#include <mm/study/fragment.h>
#include <mm/study/gup.h>
#include <tests/harness/test.h>

#define GUP_PAGES 8   /* mapped side by side */
#define GUP_TABLES 24 /* ways of at most five levels, some of them on the way to being freed */
#define GUP_POISON 0xdeadbeef5eed0bad

struct gup_tree {
	struct pt pt;
	struct pt_env env;
	struct table_free tables;
	u32 generation;
	bool mapped;
	/* What comes back first goes out last, so that what a walker finds stays to be seen. */
	paddr_t table[GUP_TABLES];
	bool gone[GUP_TABLES]; /* atomic: not part of the tree, and given back */
	unsigned next;
	/* Tables that share pages (format frag-2k): fragments of this space instead. */
	struct frag_space space;
	void *anchor[2]; /* allocated beside them, so that their pages have something in use */
};
extern struct gup_tree gup_tree;

/* Pages of the machine for the tables; false: the test is skipped, there are too few. */
bool gup_tree_take(struct test_run *);
void gup_tree_give(void);
/* An empty tree whose tables go back by the scheme.  Repeatable. */
void gup_tree_begin(const struct tables_scheme *);
/* The same with tables of 2 KiB that share pages, which go back as the scheme says. */
bool gup_frag_begin(struct test_run *, const struct frag_scheme *);
/* After the first mapping: its tables have neighbours that stay. */
void gup_frag_anchor(void);
/* Free the neighbours, wait for all callbacks, end the space. */
void gup_frag_end(void);
vaddr_t gup_va(unsigned place);
void gup_map(void);
/* Unmap, give up the frames, unhook the tables and hand them to the scheme. */
void gup_unmap(void);
/* Is the cell in a table that went back? */
bool gup_cell_gone(const struct pt_cell *);

/* ---- what a walker found ---- */

/* The page's frame of the present generation. */
paddr_t gup_frame(unsigned place);
/* Is it empty, or a leaf that was written for that place in some generation? */
bool gup_value_ok(unsigned place, pte_t, unsigned level);
/* The frame belongs to the place: nobody else has it. */
bool gup_frame_ok(unsigned place, paddr_t);
bool gup_frame_take(paddr_t);
void gup_frame_give(paddr_t);
/* References that walkers did not give back. */
u64 gup_frames_held(void);
