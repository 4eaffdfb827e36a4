// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm/policy/memmap/block.c - each block carries its own struct pages at its front (S2-12, S2-18).
 *
 * Blocks are independent: any order of removal, nothing deferred, nothing taken from old memory.
 */
#include <mm/memmap.h>

static u64 own_pages(void)
{
	return memmap_bytes(block_pages()) >> page_shift();
}

static paddr_t frame(struct memmap_plan *p, u64 index, u64 *contiguous)
{
	u64 block = index / own_pages(), at = index % own_pages();

	*contiguous = own_pages() - at;
	return (p->pfn + block * block_pages() + at) << page_shift();
}

static u64 reserved(const struct memmap_plan *p, u64 block)
{
	(void)p, (void)block;
	return own_pages();
}

static void mark(struct memmap_plan *p)
{
	for (u64 at = 0; at < p->nr; at += block_pages())
		memmap_mark_altmap(p->pfn + at, own_pages(), memmap_sections_per_block(), p->node);
}

static const struct memmap_scheme block = {
	.s = { .name = "block",
	       .claim = "every block holds its own struct pages, so blocks come and go alone",
	       .linux_peer = "memory_hotplug.memmap_on_memory=Y (a08a2ae34613)" },
	.where = MEMMAP_IN_EACH_BLOCK,
	.frame = frame,
	.reserved = reserved,
	.mark = mark,
};
MEMMAP_SCHEME(block, block);
