/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/hvo/hvo.h - shared by tests of struct pages that share frames: a block in zone Movable with
 * memmap=host, and a chunk of it. */
#pragma once
#include <mm/memmap/memmap_optimise.h>
#include <tests/harness/util.h>

struct hvo {
	struct range r;
	struct page *head;
	unsigned order;
	vaddr_t va;     /* of its struct pages */
	unsigned pages; /* that hold them */
	u64 saves;      /* frames, by the arithmetic of docs/CATALOGUE.md, section 0 */
	unsigned run; /* of the page leaves that map them, as pt_fmt.run_shift() says; 0: single */
};

/* `blocks` blocks up, and the largest chunk in the first; false: skipped or failed. */
bool hvo_get(struct test_run *, struct hvo *, u64 blocks);
void hvo_put(struct test_run *, struct hvo *);
/* Do the manuals demand a break for a page of the vmemmap that gets another frame? */
bool hvo_owes_break(const struct hvo *);
