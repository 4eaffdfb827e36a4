/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmalloc=keep - option 3, which V6 of the series chose (S0-08): tables of the vmemmap are never
 * freed, because vmalloc could be walking them.
 *
 * Empty tables stay until the same range is added again.  The linear map shares none with vmalloc,
 * so its tables are freed.
 */
#include <mm/kernel/layout.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static bool may_free(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling)
{
	return floor != layout.r[REGION_VMEMMAP].va && pt_within(va, span, floor, ceiling);
}

static const struct vmalloc_scheme keep = {
	.s = { .name = "keep",
	       .claim = "no table of the vmemmap is ever freed",
	       .linux_peer = "V6 of the arm64 memory hot-remove series",
	       .promises = PROMISE_NEIGHBOURS | PROMISE_WALKERS },
	.may_free = may_free,
};
VMALLOC_SCHEME(keep, keep);
