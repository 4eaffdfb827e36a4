/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: a page of old memory is taken at each add and never given back. */
#include <mm/memmap/memmap.h>
#include <mm/page/buddy.h>

static const struct memmap_scheme *other(void)
{
	return memmap_scheme_find("host", NULL);
}

static int wrong_identity_take(struct memmap_plan *p, struct why *why)
{
	page_alloc_any(p->node, ZONE_NORMAL, 0, "wrong");
	return other()->take(p, why);
}

static paddr_t wrong_identity_frame(struct memmap_plan *p, u64 index, u64 *contiguous)
{
	return other()->frame(p, index, contiguous);
}

static void wrong_identity_give(struct memmap_plan *p)
{
	other()->give(p);
}

static const struct memmap_scheme wrong_identity = {
	.s = { .name = "wrong-identity",
	       .claim = "a page of old memory is taken at each add and never given back",
	       .promises = PROMISE_IDENTITY },
	.where = MEMMAP_IN_OLD_MEMORY,
	.take = wrong_identity_take,
	.frame = wrong_identity_frame,
	.give = wrong_identity_give,
};
MEMMAP_SCHEME(wrong_identity, wrong_identity);
