/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/parts_fixture.h - sub-sections of withheld blocks, by number; shared by the tests
 * of mm/hotplug/subsection.h. */
#pragma once
#include <mm/hotplug/subsection.h>
#include <tests/harness/util.h>

struct parts {
	struct range r; /* the blocks; r.report: of the last operation */
	u64 unit;       /* bytes of a sub-section */
};

/* The sub-sections of `blocks` withheld blocks, all of them absent; or skip the test. */
bool parts_get(struct test_run *, struct parts *, u64 blocks, const char *memmap);
/* Sub-sections [first, first + nr).  Each checks success; false = the test already failed. */
bool parts_add(struct test_run *, struct parts *, u64 first, u64 nr);
bool parts_remove(struct test_run *, struct parts *, u64 first, u64 nr);
/* Remove all of them; no check. */
void parts_reset(struct parts *);

static inline paddr_t part_pa(const struct parts *p, u64 i)
{
	return p->r.pa + i * p->unit;
}

static inline pfn_t part_pfn(const struct parts *p, u64 i)
{
	return part_pa(p, i) >> page_shift();
}

/* An address in the middle of sub-section i, and its struct page. */
static inline vaddr_t part_va(const struct parts *p, u64 i)
{
	return linear_va(part_pa(p, i) + p->unit / 2);
}

static inline u64 part_memmap_pages(const struct parts *p)
{
	return memmap_bytes(p->unit >> page_shift()) >> page_shift();
}
