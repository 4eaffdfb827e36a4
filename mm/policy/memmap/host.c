/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/policy/memmap/host.c - struct pages in old memory (S2-01, S2-05).
 *
 * The block's node first, then the others by distance; chunks for a whole section (one leaf where
 * the geometry has it) or a sub-section, then base pages; a refusal states the missing amount.
 *
 * Frames are of ZONE_NORMAL: they cannot move, so they prevent the offlining of their block.
 */
#include <lib/assert.h>
#include <mm/memmap/memmap.h>

static unsigned chunk_order(const struct memmap_plan *p)
{
	u64 alone = min_u64(layout.section_bytes >> page_shift(), p->unit);
	u64 pages = memmap_bytes(alone) >> page_shift();
	u64 wanted = memmap_storage(p) - (p->host_bytes >> page_shift());

	return min_u32(BUDDY_MAX_ORDER, log2_u64(min_u64(pages, wanted)));
}

static void give(struct memmap_plan *p)
{
	for (u32 i = 0; i < p->nr_frames; i++)
		page_free(pa_page(p->frames[i].pa), log2_u64(p->frames[i].nr));
	p->nr_frames = 0;
	p->host_bytes = 0;
	memmap_spans_free(p->frames, p->max_frames);
	p->frames = NULL;
}

static bool make_room(struct memmap_plan *p)
{
	struct pt_span *more;
	u32 max;

	if (p->nr_frames < p->max_frames)
		return true;
	more = memmap_spans_grow(p->frames, p->nr_frames, &max, 4 * p->max_frames + 64);
	if (!more)
		return false;
	memmap_spans_free(p->frames, p->max_frames);
	p->frames = more;
	p->max_frames = max;
	return true;
}

static bool take_one(struct memmap_plan *p, unsigned order)
{
	struct page *page;

	if (!make_room(p))
		return false;
	page = page_alloc_any(p->node, ZONE_NORMAL, order, "memmap");
	if (!page)
		return false;
	p->frames[p->nr_frames++] = (struct pt_span) { page_pa(page), 1u << order, PAGE_BUDDY };
	p->host_bytes += page_size() << order;
	return true;
}

/* Storage for one chunk: contiguous, or page by page from the first failure on. */
static bool take_chunk(struct memmap_plan *p)
{
	unsigned order = chunk_order(p);

	if (!p->scattered && take_one(p, order))
		return true;
	p->scattered = true;
	for (u32 i = 0; i < 1u << order; i++)
		if (!take_one(p, 0))
			return false;
	return true;
}

static int take(struct memmap_plan *p, struct why *why)
{
	u64 want = memmap_storage(p) << page_shift(), got;

	while (p->host_bytes < want) {
		if (take_chunk(p))
			continue;
		got = p->host_bytes;
		give(p);
		return refuse(why, ENOMEM,
			      "memmap needs %lu KiB of old memory, only %lu KiB are free",
			      (want / KiB), got / KiB);
	}
	return 0;
}

static paddr_t frame(struct memmap_plan *p, u64 index, u64 *contiguous)
{
	const struct pt_span *f = &p->frames[p->at_frame++];

	ASSERT_OP(index, ==, p->at_index);
	p->at_index += f->nr;
	*contiguous = f->nr;
	return f->pa;
}

static const struct memmap_scheme host = {
	.s = { .name = "host",
	       .claim = "struct pages are in old memory, and all added memory is usable",
	       .linux_peer = "vmemmap_populate_hugepages, vmemmap_populate_basepages",
	       .promises = PROMISE_IDENTITY | PROMISE_SET_APART | PROMISE_ALONE | PROMISE_USABLE },
	.where = MEMMAP_IN_OLD_MEMORY,
	.take = take,
	.frame = frame,
	.give = give,
};
MEMMAP_SCHEME(host, host);
