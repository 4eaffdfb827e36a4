/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/alloc/large_slot.h - a slot of vmalloc's addresses for one larger leaf, with an empty page
 * table in it, as it is after pages were mapped and unmapped there.
 */
#pragma once
#include <tests/harness/util.h>

struct large_slot {
	vaddr_t all, va; /* the slot is within addresses that the test allocated */
	u64 pages;
	struct page *chunk;
	unsigned order;
};
extern struct large_slot large_slot;

static inline u64 large_slot_pages(void)
{
	return pt_span(kpt.fmt, 1) >> page_shift();
}

bool large_slot_begin(struct test_run *);
int large_slot_map(void);
void large_slot_end(void); /* also if large_slot_begin() failed */
