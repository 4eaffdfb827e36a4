/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: all struct pages are in the first block. */
#include <mm/memmap/memmap.h>

static const struct memmap_scheme *other(void)
{
	return memmap_scheme_find("device", NULL);
}

static paddr_t wrong_alone_frame(struct memmap_plan *p, u64 index, u64 *contiguous)
{
	return other()->frame(p, index, contiguous);
}

static u64 wrong_alone_reserved(const struct memmap_plan *p, u64 block)
{
	return other()->reserved(p, block);
}

static void wrong_alone_mark(const struct memmap_plan *p, pfn_t pfn, u64 nr)
{
	other()->mark(p, pfn, nr);
}

static const struct memmap_scheme wrong_alone = {
	.s = { .name = "wrong-alone",
	       .claim = "all struct pages are in the first block",
	       .promises = PROMISE_ALONE },
	.where = MEMMAP_IN_FIRST_BLOCKS,
	.frame = wrong_alone_frame,
	.reserved = wrong_alone_reserved,
	.mark = wrong_alone_mark,
};
MEMMAP_SCHEME(wrong_alone, wrong_alone);
