/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pgd/spaces.h - several address spaces with one page each, at one address; and a check of
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

vaddr_t space_va(void);      /* the address of each page, inside every format's half */
u64 space_value(unsigned i); /* the contents of that page */
/* Create n of them and map their pages.  False: the test failed, and no space is left. */
bool spaces_get(struct test_run *, unsigned n);
void spaces_put(struct test_run *); /* destroy all; none may be in use */
/* Switch this CPU to space i and read its page.  True: the value is that of the page. */
bool space_reads(unsigned i);
void space_leave(void *unused); /* make this CPU use no space */

/* The names of the ASID rules in their order, by the tests' own list; parameters of tests. */
extern const char *const asid_rule_names[];

/* ---- the judge ---- */
struct asid_verdict {
	const char *what; /* the first mistake, or NULL */
	u32 asid, cpu, mistakes, loads;
};
bool asid_event(const struct pt_event *); /* a filter for record_begin() */
/*
 * The check records which space owns an ASID, and which CPUs may have entries of it.  A CPU that
 * has a root loaded may cache entries at any time.  Mistakes: an ASID is assigned to another space
 * while a CPU may have entries of the last; a table is freed while a CPU may have entries of its
 * space.
 */
struct asid_verdict asid_judge(const struct record *);
