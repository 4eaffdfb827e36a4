/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/study/gup.h - get the page that a virtual address maps, without a lock ("get user pages,
 * fast").
 *
 * The walk runs inside a section (kern/grace.h) of one of two styles.  It loads each cell once,
 * single-copy atomic and without a barrier: each load's address depends on the value before it (Arm
 * ARM B2.3.6, address dependency; RISC-V unprivileged 17.1, PPO 9).  It takes a reference of the
 * page in the leaf, and then loads the leaf and the entry above it again: if one of them has
 * changed, it drops the reference (S3-10).
 *
 * THE SAFETY depends on the code that frees tables: a table that a removal unhooks may be reused
 * only when every section that was open then has ended (mm/kernel/table_free.h, ENGINE 5.6).
 */
#pragma once
#include <mm/pt/pt.h>

enum gup_style { GUP_IRQS_OFF, GUP_READ_SECTION };

struct gup_ops {
	/* Load a cell; false: it cannot be read, and the walk ends.  NULL: a plain load. */
	pt_careful_fn *load;
	/* Take a reference of the frame unless its count is 0, by one atomic operation with
	 * acquire; and drop it.  Inside the section. */
	bool (*take)(paddr_t frame);
	void (*give)(paddr_t frame);
};

struct gup_page {
	paddr_t frame; /* of va's page */
	pte_t val;     /* the leaf */
	u8 level;
};

/*
 * 0: out->frame has a reference for the caller.  -ENOENT: nothing is mapped there, or the cell is
 * no leaf; out->val is the cell.  -EAGAIN: it changed meanwhile, or the page's count is 0; no
 * reference is held.  Any CPU; no lock held that a changer of the tree waits for.
 */
int gup_fast(const struct pt *, vaddr_t, enum gup_style, const struct gup_ops *,
	     struct gup_page *out);
