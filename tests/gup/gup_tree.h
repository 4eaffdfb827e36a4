/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/gup/gup_tree.h - a tree that only software walks, and frames whose number encodes their
 * place.
 *
 * Adjacent pages are mapped and unmapped again; their one table of level 0, and those above it, are
 * allocated and freed with them.  A FRAME exists only as a number: generation of the mapping, place
 * in the range, and a checksum of both.  So a value that a walker reads from a cell was written for
 * this very place, or is empty, or is junk: a list node, cells of another table, or the poison of a
 * freed table (S3-06).
 *
 * The boot CPU maps and unmaps, any CPU walks.
 */
#pragma once
#include <mm/kernel/table_free.h>
#include <mm/study/fragment.h>
#include <mm/study/gup.h>
#include <tests/harness/test.h>

#define GUP_PAGES 8   /* mapped side by side */
#define GUP_TABLES 24 /* paths of at most five levels, some of them pending */
#define GUP_POISON 0xdeadbeef5eed0bad

struct gup_tree {
	struct pt pt;
	struct pt_env env;
	struct table_free tables;
	u32 generation;
	bool mapped;
	/* The table that was freed first is reused last, so that traces of a walk stay. */
	paddr_t table[GUP_TABLES];
	bool gone[GUP_TABLES]; /* atomic: not part of the tree, and freed */
	unsigned next;
	/* Tables that share pages (format frag-2k): fragments of this space instead. */
	struct frag_space space;
	void *anchor[2]; /* allocated beside them, so that their pages have fragments in use */
};
extern struct gup_tree gup_tree;

/* Allocate pages for the tables.  False: the test is skipped, there are too few. */
bool gup_tree_take(struct test_run *);
void gup_tree_give(void);
/* Begin an empty tree whose tables are freed by the scheme.  Repeatable. */
void gup_tree_begin(const struct tables_scheme *);
/* The same with tables of 2 KiB that share pages and are freed by the scheme. */
bool gup_frag_begin(struct test_run *, const struct frag_scheme *);
/* Call after the first mapping: allocate neighbours of its tables, which stay. */
void gup_frag_anchor(void);
/* Free the neighbours, wait for all callbacks, end the space. */
void gup_frag_end(void);
vaddr_t gup_va(unsigned place);
void gup_map(void);
/* Unmap, drop the frames, unlink the tables and pass them to the scheme. */
void gup_unmap(void);
/* Is the cell in a freed table? */
bool gup_cell_gone(const struct pt_cell *);

/* ---- values that a walker reads ---- */

/* The page's frame of the current generation. */
paddr_t gup_frame(unsigned place);
/* Is it empty, or a leaf that was written for that place in some generation? */
bool gup_value_ok(unsigned place, pte_t, unsigned level);
/* Is the frame owned by this place alone? */
bool gup_frame_ok(unsigned place, paddr_t);
bool gup_frame_take(paddr_t);
void gup_frame_give(paddr_t);
/* References that walkers did not drop. */
u64 gup_frames_held(void);
