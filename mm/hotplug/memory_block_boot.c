/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/memory_block_boot.c - the initial block table: the blocks of boot memory, and table
 * pages for the blocks of withheld memory, so that adding it later allocates none.
 *
 * Called by block_table_init only.
 */
#include <mm/hotplug/memory_block.h>
#include <mm/page/region.h>

/* Bytes of [pa, pa + len) that are RAM in use. */
static u64 ram_inside(paddr_t pa, u64 len)
{
	const struct mem_range *r;
	u64 sum = 0;

	for (unsigned n = 0; (r = region_nth(MEM_RAM, n)); n++) {
		u64 lo = max_u64(pa, r->pa), hi = min_u64(pa + len, r->pa + r->len);

		if (hi > lo)
			sum += hi - lo;
	}
	return sum;
}

static void boot_block(pfn_t pfn, unsigned node)
{
	struct block *b = block_find(pfn);
	paddr_t pa = pfn << page_shift();

	if (!b || b->boot)
		return;
	b->state = BLOCK_ONLINE;
	b->zone = ZONE_NORMAL;
	b->node = b->home_node = (u8)node;
	b->boot = true;
	b->partial = ram_inside(pa, layout.block_bytes) != layout.block_bytes;
}

static void each_block(const struct mem_range *r, void (*make)(pfn_t, bool), bool block)
{
	paddr_t pa = align_down(r->pa, layout.block_bytes);

	for (; pa < r->pa + r->len; pa += layout.block_bytes) {
		if (!layout_is_mappable(max_u64(pa, layout.phys_base), page_size()))
			continue;
		make(pa >> page_shift(), block);
		if (block)
			boot_block(pa >> page_shift(), r->node);
	}
}

void block_boot_fill(void (*make)(pfn_t, bool block))
{
	const struct mem_range *r;

	for (unsigned n = 0; (r = region_nth(MEM_RAM, n)); n++)
		each_block(r, make, true);
	for (unsigned n = 0; (r = region_nth(MEM_WITHHELD, n)); n++)
		each_block(r, make, false);
}
