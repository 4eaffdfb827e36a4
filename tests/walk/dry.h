/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/walk/dry.h - trees that no CPU walks, in every format linked in: the software walker is the
 * MMU.  Tables come from the machine's allocator: chunks of pages where a table is larger than a
 * page, a page each where it is smaller.  Leaves point nowhere in particular.
 */
#pragma once
#include <tests/util.h>

/* Every format, whatever the size of its pages and tables; for .params. */
extern const char *const dry_formats[];
extern u32 dry_invals; /* requests since dry_begin */

/* The format t->param; NULL, and the test is skipped, where an image has another one folded in. */
const struct pt_fmt *dry_format(struct test_run *);
/* A live-looking tree in the format t->param: it owes every duty, as if some CPU walked it. */
bool dry_begin(struct test_run *, struct pt *);
/* Everything was given back; frees the root. */
void dry_end(struct test_run *, struct pt *);
vaddr_t dry_base(const struct pt_fmt *); /* lowest address */

/* A tree and a place in it, aligned to a level-1 cell and far from the edges. */
struct dry {
	struct pt pt;
	u64 page, span; /* of a level-0 and a level-1 cell */
	vaddr_t va;
};
/* dry_begin, and `spans` level-1 spans mapped from va on to physical 0, leaves of `level`. */
bool dry_open(struct test_run *, struct dry *, u64 spans, unsigned level);

int dry_map(struct pt *, vaddr_t, paddr_t, u64 len, unsigned level, struct why *);
int dry_unmap(struct pt *, vaddr_t, u64 len, bool tables, struct why *);
/* Second pass alone, with the floor and ceiling given. */
void dry_free_empty(struct pt *, vaddr_t, u64 len, vaddr_t floor, vaddr_t ceiling);
/* The word of va's slot in its table of `level`, for injections; NULL if there is no such table. */
u64 *dry_word(const struct pt *, vaddr_t, unsigned level);
/* A word that this format takes for `kind` at `level`, or 0. */
u64 dry_encoding(const struct pt_fmt *, enum pt_kind, unsigned level);
u64 dry_invalid(const struct pt_fmt *); /* of a page: not valid, not zero */
