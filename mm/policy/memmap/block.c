/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/policy/memmap/block.c - each block has its own struct pages at its front (S2-12, S2-18), and
 * so has each sub-section (S2-31).
 *
 * Blocks are independent: any order of removal, no deferred removal, no use of old memory.
 */
#include <mm/memmap/memmap.h>

static u64 own_pages(const struct memmap_plan *p)
{
	return memmap_bytes(p->unit) >> page_shift();
}

static paddr_t frame(struct memmap_plan *p, u64 index, u64 *contiguous)
{
	u64 block = index / own_pages(p), at = index % own_pages(p);

	*contiguous = own_pages(p) - at;
	return (p->pfn + block * p->unit + at) << page_shift();
}

static u64 reserved(const struct memmap_plan *p, u64 block)
{
	(void)block;
	return own_pages(p);
}

static void mark(const struct memmap_plan *p, pfn_t pfn, u64 nr)
{
	for (pfn_t unit = pfn; unit < pfn + nr; unit += p->unit)
		memmap_mark_altmap(unit, own_pages(p), p->users, p->node);
}

static const struct memmap_scheme block = {
	.s = { .name = "block",
	       .claim = "every block holds its own struct pages, each added and removed alone",
	       .linux_peer = "memory_hotplug.memmap_on_memory=Y (a08a2ae34613)",
	       .promises = PROMISE_IDENTITY | PROMISE_SET_APART | PROMISE_ALONE | PROMISE_NO_OLD },
	.where = MEMMAP_IN_EACH_BLOCK,
	.frame = frame,
	.reserved = reserved,
	.mark = mark,
};
MEMMAP_SCHEME(block, block);
