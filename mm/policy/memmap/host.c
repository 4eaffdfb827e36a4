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
#include <mm/kernel/kpt.h>
#include <mm/memmap/memmap.h>

#define BATCH 8 /* chunks that are taken at once */

static unsigned chunk_order(const struct memmap_plan *p)
{
	u64 alone = min_u64(layout.section_bytes >> page_shift(), p->unit);
	u64 pages = memmap_bytes(alone) >> page_shift();
	u64 wanted = p->storage - (p->host_bytes >> page_shift());

	return min_u32(BUDDY_MAX_ORDER, log2_u64(min_u64(pages, wanted)));
}

static void give(struct memmap_plan *p)
{
	for (u32 i = 0; i < p->nr_frames; i++)
		kpt.env->free_span(&kpt, &p->frames[i]);
	memmap_spans_free(p->frames, p->max_frames);
	p->frames = NULL;
	p->nr_frames = p->max_frames = 0;
	p->host_bytes = 0;
	p->scattered = false;
}

static bool make_room(struct memmap_plan *p, u32 nr)
{
	struct pt_span *more;
	u32 max;

	if (p->nr_frames + nr <= p->max_frames)
		return true;
	more = memmap_spans_grow(p->frames, p->nr_frames, &max, 4 * p->max_frames + 64);
	if (!more)
		return false;
	memmap_spans_free(p->frames, p->max_frames);
	p->frames = more;
	p->max_frames = max;
	return true;
}

static u64 end_of(const struct pt_span *s)
{
	return s->pa + ((u64)s->nr << page_shift());
}

/* Add one of the last frames to `s`, if there is one that is adjacent. */
static bool absorb(struct memmap_plan *p, struct pt_span *s)
{
	for (u32 i = p->nr_frames; i && i + BATCH > p->nr_frames; i--) {
		struct pt_span *f = &p->frames[i - 1];

		if (end_of(f) != s->pa && end_of(s) != f->pa)
			continue;
		s->pa = min_u64(f->pa, s->pa);
		s->nr += f->nr;
		*f = p->frames[--p->nr_frames];
		return true;
	}
	return false;
}

/* Adjacent chunks are one frame, which is mapped at once. */
static void add_chunk(struct memmap_plan *p, paddr_t pa, u32 nr)
{
	struct pt_span s = { pa, nr, PAGE_BUDDY };

	while (!p->scattered && absorb(p, &s))
		;
	p->frames[p->nr_frames++] = s;
}

/* Some of the storage that is missing, in chunks of this order; false: there are too few. */
static bool take_chunks(struct memmap_plan *p, unsigned order)
{
	u64 missing = p->storage - (p->host_bytes >> page_shift());
	u32 want = (u32)min_u64(BATCH, missing >> order), got;
	struct page *chunk[BATCH];

	if (!make_room(p, want))
		return false;
	got = page_alloc_bulk(p->node, ZONE_NORMAL, order, chunk, want, "memmap");
	for (u32 i = 0; i < got; i++)
		add_chunk(p, page_pa(chunk[i]), 1u << order);
	p->host_bytes += (u64)got << order << page_shift();
	return got == want;
}

static int take(struct memmap_plan *p, struct why *why)
{
	u64 want = p->storage << page_shift(), got;

	while (p->host_bytes < want) {
		if (take_chunks(p, p->scattered ? 0 : chunk_order(p)))
			continue;
		if (!p->scattered) { /* the rest page by page */
			p->scattered = true;
			continue;
		}
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
