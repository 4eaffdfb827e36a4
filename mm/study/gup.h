/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/study/gup.h - take the page that a virtual address maps, without a lock ("get user pages,
 * fast").
 *
 * The walk runs inside a section (kern/grace.h) of one of two styles.  It loads each cell once,
 * single-copy atomic and without a barrier: each load's address comes from the value before it (Arm
 * ARM B2.3.6, address dependency; RISC-V unprivileged 17.1, PPO 9).  It takes the page that the
 * leaf names, and then loads the leaf and the entry above it again: only if both are as they were
 * is the page the one that the address maps, else it is given back (S3-10).
 *
 * WHAT KEEPS IT SAFE is not here: tables that a removal unhooks may be reused only when no section
 * that was open is open any more (mm/kernel/table_free.h, ENGINE 5.6).
 */
#pragma once
#include <mm/pt/pt.h>

enum gup_style { GUP_IRQS_OFF, GUP_READ_SECTION };

struct gup_ops {
	/* Load a cell; false: it cannot be read, and the walk ends.  NULL: a plain load. */
	pt_careful_fn *load;
	/* Take a reference of the frame unless it has none left, as one atomic operation that later
	 * loads come after; and give it back.  Inside the section. */
	bool (*take)(paddr_t frame);
	void (*give)(paddr_t frame);
};

struct gup_page {
	paddr_t frame; /* of va's page */
	pte_t val;     /* the leaf */
	u8 level;
};

/*
 * 0: out->frame has a reference of the caller's.  -ENOENT: nothing is mapped there, or the cell is
 * no leaf; out->val is what was found.  -EAGAIN: it changed meanwhile, or the page has no reference
 * left; nothing is held.  Any CPU; no lock held that a changer of the tree waits for.
 */
int gup_fast(const struct pt *, vaddr_t, enum gup_style, const struct gup_ops *,
	     struct gup_page *out);
