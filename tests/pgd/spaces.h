/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pgd/spaces.h - several address spaces with one page each, at one address; and a judge of
 * recorded root loads and invalidations.
 */
#pragma once
#include <mm/study/aspace.h>
#include <tests/harness/util.h>

#define SPACES_MAX 160
#define SPACE_VA 0x40005000000ul /* a multiple of every page size; see space_va() */

struct spaces {
	struct aspace s[SPACES_MAX];
	struct page *page[SPACES_MAX];
	unsigned nr;
};
extern struct spaces spaces; /* one for all tests: it is large */

vaddr_t space_va(void);      /* where each has its page, inside every format's half */
u64 space_value(unsigned i); /* what that page holds */
/* Create n of them and map their pages; false: the test failed, and nothing is left. */
bool spaces_get(struct test_run *, unsigned n);
void spaces_put(struct test_run *); /* destroy all; none may be in use */
/* This CPU switches to space i and reads its page: true, it read what the page holds. */
bool space_reads(unsigned i);
void space_leave(void *unused); /* this CPU uses none */

/* The rules of ASIDs in their order, by the tests' own list: parameters of those that try each. */
extern const char *const asid_rule_names[];

/* ---- the judge ---- */
struct asid_verdict {
	const char *what; /* the first mistake, or NULL */
	u32 asid, cpu, mistakes, loads;
};
bool asid_event(const struct pt_event *); /* a filter for record_begin() */
/*
 * By its own books: which space an ASID belongs to, and which CPUs may hold entries under it.  A
 * CPU that has a root loaded may cache at any moment.  Mistakes: an ASID goes to another space
 * while a CPU may hold entries of the last; a table is freed while a CPU may hold entries of its
 * space.
 */
struct asid_verdict asid_judge(const struct record *);
