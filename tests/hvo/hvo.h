/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/hvo/hvo.h - fixture for tests of struct pages that share frames: a block in zone Movable
 * with memmap=host, and a chunk of it. */
#pragma once
#include <mm/memmap/memmap_optimise.h>
#include <tests/harness/util.h>

struct hvo {
	struct range r;
	struct page *head;
	unsigned order;
	vaddr_t va;     /* of its struct pages */
	unsigned pages; /* number of pages that hold them */
	u64 saves;      /* frames saved, by the arithmetic of docs/CATALOGUE.md, section 0 */
	unsigned run;   /* contiguous run of the page leaves that map them (pt_fmt.run_shift()); 0:
			   single */
};

/* Put `blocks` blocks online and allocate the largest chunk of the first.  False: the test is
 * skipped or failed. */
bool hvo_get(struct test_run *, struct hvo *, u64 blocks);
void hvo_put(struct test_run *, struct hvo *);
/* Do the manuals require a break when a page of the vmemmap gets another frame? */
bool hvo_owes_break(const struct hvo *);
