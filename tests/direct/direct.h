/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/direct/direct.h - fixture for tests of pages whose mapping their owner changes: a block
 * that is online in zone Movable, where only the test allocates, and pages of it.
 */
#pragma once
#include <mm/study/set_direct.h>
#include <tests/harness/util.h>

struct direct {
	struct range r;
	struct page *page; /* the page whose rights change */
	vaddr_t va;        /* its address in the linear map */
	vaddr_t whole;     /* the leaf or run that maps it, and its size in bytes */
	u64 whole_len;
	unsigned level; /* of the leaf */
};

/* How the block is mapped: .params.  "large": the largest leaf; "runs": contiguous runs of it;
 * "pages"; "page-runs". */
extern const char *const direct_shapes[];
/* The shapes whose leaf or run can be split. */
extern const char *const direct_split_shapes[];

/* Put a block online and allocate one page from its middle.  False: skipped or failed. */
bool direct_get(struct test_run *, struct direct *);
void direct_put(struct test_run *, struct direct *);
/* Do the manuals require a break to split a leaf of this shape (tests/harness/order_rules.h)? */
bool direct_owes_break(const struct direct *);
