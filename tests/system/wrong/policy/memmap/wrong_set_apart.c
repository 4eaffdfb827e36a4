/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: pages that hold struct pages are not marked. */
#include <mm/memmap/memmap.h>

static const struct memmap_scheme *other(void)
{
	return memmap_scheme_find("block", NULL);
}

static paddr_t wrong_set_apart_frame(struct memmap_plan *p, u64 index, u64 *contiguous)
{
	return other()->frame(p, index, contiguous);
}

static u64 wrong_set_apart_reserved(const struct memmap_plan *p, u64 block)
{
	return other()->reserved(p, block);
}

static const struct memmap_scheme wrong_set_apart = {
	.s = { .name = "wrong-set-apart",
	       .claim = "pages that hold struct pages are not marked",
	       .promises = PROMISE_SET_APART },
	.where = MEMMAP_IN_EACH_BLOCK,
	.frame = wrong_set_apart_frame,
	.reserved = wrong_set_apart_reserved,
};
MEMMAP_SCHEME(wrong_set_apart, wrong_set_apart);
