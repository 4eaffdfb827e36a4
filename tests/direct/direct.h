/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/direct/direct.h - shared by tests of pages whose mapping their owner changes: a block that
 * is online in zone Movable, where nobody else allocates, and pages of it.
 */
#pragma once
#include <mm/study/set_direct.h>
#include <tests/harness/util.h>

struct direct {
	struct range r;
	struct page *page; /* the one to change */
	vaddr_t va;        /* of its first byte in the linear map */
	vaddr_t whole;     /* the leaf or run around it, and its bytes */
	u64 whole_len;
	unsigned level; /* of the leaf */
};

/* How the block is mapped: .params.  "large": the largest leaf; "runs": contiguous runs of it;
 * "pages"; "page-runs". */
extern const char *const direct_shapes[];
/* The shapes with something to split. */
extern const char *const direct_split_shapes[];

/* Block up, and one page allocated from the middle of it; false: skipped or failed. */
bool direct_get(struct test_run *, struct direct *);
void direct_put(struct test_run *, struct direct *);
/* May a leaf of this shape be split without a break, by the manuals (tests/harness/order_rules.h)?
 */
bool direct_owes_break(const struct direct *);
