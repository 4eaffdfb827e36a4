/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/live/live_break.c - decides whether the engine may break leaves in use.  In a file of its own,
 * because the kernel's tree calls it, while live_split.c and its locks are in a layer above that
 * tree.
 */
#include <mm/hotplug/memory_block.h>
#include <mm/live/break_window.h>
#include <mm/live/live_split.h>

/* The first and the last page that a range of the linear map contains, or whose struct pages a
 * range of the vmemmap contains. */
static bool pages_of(vaddr_t va, u64 len, pfn_t *first, pfn_t *last)
{
	const struct va_region *linear = &layout.r[REGION_LINEAR];
	const struct va_region *memmap = &layout.r[REGION_VMEMMAP];

	if (va - linear->va < linear->len) {
		*first = linear_pa(va) >> page_shift();
		*last = linear_pa(va + len - 1) >> page_shift();
		return true;
	}
	if (va - memmap->va >= memmap->len)
		return false;
	*first = page_to_pfn(va_ptr(va));
	*last = page_to_pfn(va_ptr(va + len - sizeof(struct page)));
	return true;
}

static bool added_and_online(pfn_t pfn)
{
	const struct block *b = block_find(pfn);

	return b && !b->boot && b->state == BLOCK_ONLINE;
}

bool live_split_may_break(vaddr_t va, u64 len)
{
	pfn_t pfn, last;

	if (!break_window_covers(BREAK_RANGE, va, len) || !pages_of(va, len, &pfn, &last))
		return false;
	for (; pfn <= last; pfn = align_down(pfn, block_pages()) + block_pages())
		if (!added_and_online(pfn))
			return false;
	return true;
}
