/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmalloc=overlap-flag - V7 of the series (L-01): whether vmalloc and vmemmap share a table is
 * decided once, by the layout; if they do, tables of the vmemmap stay.
 */
#include <mm/kernel/layout.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

/* Called for each table; the result is constant after boot. */
static bool overlap(void)
{
	return !layout.disjoint;
}

static bool may_free(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling)
{
	if (overlap() && floor == layout.r[REGION_VMEMMAP].va)
		return false;
	return pt_within(va, span, floor, ceiling);
}

static const struct vmalloc_scheme overlap_flag = {
	.s = { .name = "overlap-flag",
	       .claim = "tables of the vmemmap are freed only if the layout shares none",
	       .linux_peer = "V7 of the arm64 memory hot-remove series",
	       .promises = PROMISE_NEIGHBOURS | PROMISE_WALKERS },
	.may_free = may_free,
};
VMALLOC_SCHEME(overlap_flag, overlap_flag);
