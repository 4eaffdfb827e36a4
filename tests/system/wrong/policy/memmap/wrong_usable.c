/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: struct pages use part of each block. */
#include <mm/memmap/memmap.h>

static const struct memmap_scheme *other(void)
{
	return memmap_scheme_find("block", NULL);
}

static paddr_t wrong_usable_frame(struct memmap_plan *p, u64 index, u64 *contiguous)
{
	return other()->frame(p, index, contiguous);
}

static u64 wrong_usable_reserved(const struct memmap_plan *p, u64 block)
{
	return other()->reserved(p, block);
}

static void wrong_usable_mark(const struct memmap_plan *p, pfn_t pfn, u64 nr)
{
	other()->mark(p, pfn, nr);
}

static const struct memmap_scheme wrong_usable = {
	.s = { .name = "wrong-usable",
	       .claim = "struct pages use part of each block",
	       .promises = PROMISE_USABLE },
	.where = MEMMAP_IN_EACH_BLOCK,
	.frame = wrong_usable_frame,
	.reserved = wrong_usable_reserved,
	.mark = wrong_usable_mark,
};
MEMMAP_SCHEME(wrong_usable, wrong_usable);
