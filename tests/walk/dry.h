/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/walk/dry.h - trees that no CPU walks, in every linked format: the software walker is the
 * MMU.  Tables are allocated by the machine's allocator: a chunk of pages if a table is larger than
 * a page, a page each if it is smaller.  Leaves have arbitrary addresses.
 */
#pragma once
#include <tests/harness/util.h>

/* Every format, with any size of pages and tables; for .params. */
extern const char *const dry_formats[];
extern u32 dry_invals; /* requests since dry_begin */

/* The format t->param.  NULL: the test has failed, because the image does not have it. */
const struct pt_fmt *dry_format(struct test_run *);
/* Begin a tree in the format t->param that has every duty, as if CPUs walked it. */
bool dry_begin(struct test_run *, struct pt *);
/* Verify that everything was freed; free the root. */
void dry_end(struct test_run *, struct pt *);
vaddr_t dry_base(const struct pt_fmt *); /* lowest address */

/* A tree and an address in it, aligned to a level-1 cell and far from the edges. */
struct dry {
	struct pt pt;
	u64 page, span; /* bytes of a level-0 and a level-1 cell */
	vaddr_t va;
};
/* dry_begin(), then map `spans` level-1 spans from va on to physical 0, with leaves of `level`. */
bool dry_open(struct test_run *, struct dry *, u64 spans, unsigned level);

int dry_map(struct pt *, vaddr_t, paddr_t, u64 len, unsigned level, struct why *);
int dry_unmap(struct pt *, vaddr_t, u64 len, bool tables, struct why *);
/* The second pass only, with this floor and ceiling. */
void dry_free_empty(struct pt *, vaddr_t, u64 len, vaddr_t floor, vaddr_t ceiling);
/* The word of va's slot in its table of `level`, for injections; NULL: there is no such table. */
u64 *dry_word(const struct pt *, vaddr_t, unsigned level);
/* A word that this format decodes as `kind` at `level`, or 0. */
u64 dry_encoding(const struct pt_fmt *, enum pt_kind, unsigned level);
u64 dry_invalid(const struct pt_fmt *); /* a page entry that is neither valid nor zero */
