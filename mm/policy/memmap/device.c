/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/policy/memmap/device.c - all struct pages of an add at the front of the added range.
 *
 * A device range may have a reserve before them.  The rest is one long usable run (S2-13,
 * S2-14).  The head page counts the sections that use the reservation (S2-17): blocks that hold it
 * are torn down only with the last user (S2-19).
 */
#include <lib/assert.h>
#include <mm/memmap/memmap.h>

static paddr_t frame(struct memmap_plan *p, u64 index, u64 *contiguous)
{
	*contiguous = p->storage - index;
	return (p->pfn + p->reserve + index) << page_shift();
}

static u64 reserved(const struct memmap_plan *p, u64 block)
{
	u64 before = block * p->unit;

	return p->storage > before ? min_u64(p->storage - before, p->unit) : 0;
}

/* Only the first run contains memmap: it is a 64th of the range or more (hotplug_shares.c), and a
 * struct page is a 64th of a page or less. */
static void mark(const struct memmap_plan *p, pfn_t pfn, u64 nr)
{
	if (pfn != p->pfn)
		return;
	ASSERT_OP(p->reserve + p->storage, <=, nr);
	memmap_mark_altmap(p->pfn + p->reserve, p->storage, p->nr / p->unit * p->users, p->node);
}

/* True if this block of the same add remains when [first, last] is removed. */
static bool stays(const struct block *first, const struct block *last, pfn_t pfn)
{
	const struct block *b = block_find(pfn);

	return b && b->state != BLOCK_ABSENT && block_same_add(b, first) &&
	       (pfn < first->first_pfn || pfn > last->first_pfn);
}

static int may_remove(const struct block *first, const struct block *last, struct why *why)
{
	u64 lowest = 0, users = 0;

	for (u64 i = 0; i < first->range_blocks; i++) {
		pfn_t pfn = first->range_pfn + i * block_pages();

		if (!stays(first, last, pfn))
			continue;
		if (!users++)
			lowest = block_nr(pfn << page_shift());
	}
	if (!users)
		return 0;
	return refuse(why, EBUSY, "block %lu holds memmap of %lu blocks that stay, first block %lu",
		      block_nr(first->first_pfn << page_shift()), users, lowest);
}

static const struct memmap_scheme device = {
	.s = { .name = "device",
	       .claim = "all struct pages are at the front of the added range, the rest is one run",
	       .linux_peer = "MHP_MEMMAP_DEVICE of the 2019 series; not merged",
	       .promises = PROMISE_IDENTITY | PROMISE_SET_APART | PROMISE_NO_OLD },
	.where = MEMMAP_IN_FIRST_BLOCKS,
	.frame = frame,
	.reserved = reserved,
	.mark = mark,
	.may_remove = may_remove,
};
MEMMAP_SCHEME(device, device);
