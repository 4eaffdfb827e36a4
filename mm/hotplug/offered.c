/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/hotplug/offered.c - see offered.h. */
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/event.h>
#include <mm/hotplug/offered.h>
#include <mm/hotplug/subsection.h>

/* The n-th range that some source offers, over all sources. */
static bool nth_range(unsigned n, u64 *start, u64 *len, unsigned *node)
{
	reg_for_each (events, it) {
		unsigned i = 0;

		for (; (*it)->range && (*it)->range(i, start, len, node); i++)
			if (n-- == 0)
				return true;
	}
	return false;
}

bool next_source_range(struct source_pos *p, u64 *start, u64 *len, unsigned *node)
{
	return nth_range(p->n++, start, len, node);
}

static bool absent(u64 pa)
{
	pfn_t pfn = align_down(pa, layout.block_bytes) >> page_shift();

	return !block_find(pfn) && !subsection_find(pfn, block_pages()) &&
	       !devmem_keeping(pfn, block_pages());
}

static u64 next_block(u64 pa)
{
	return align_down(pa, layout.block_bytes) + layout.block_bytes;
}

bool next_addable(struct source_pos *p, u64 *start, u64 *len, unsigned *node)
{
	u64 at, end, range_start, range_len;

	for (; nth_range(p->n, &range_start, &range_len, node); p->n++, p->at = 0) {
		end = range_start + range_len;
		at = max_u64(p->at, range_start);
		while (at < end && !absent(at))
			at = min_u64(next_block(at), end);
		*start = at;
		while (at < end && absent(at))
			at = min_u64(next_block(at), end);
		*len = at - *start;
		p->at = at;
		if (*len)
			return true;
	}
	return false;
}

bool addable_blocks(u64 most, u64 *start, u64 *len, unsigned *node)
{
	struct source_pos pos = { 0 };

	while (next_addable(&pos, start, len, node)) {
		u64 skip = align_up(*start, layout.block_bytes) - *start;
		u64 rest = *len > skip ? *len - skip : 0;

		*start += skip;
		*len = align_down(min_u64(rest, most), layout.block_bytes);
		if (*len)
			return true;
	}
	return false;
}
