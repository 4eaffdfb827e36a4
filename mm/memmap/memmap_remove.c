/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/memmap/memmap_remove.c - unmap and free the struct pages of memory that is removed.
 *
 * Frames are collected before anything is unmapped: struct pages of a self-hosted block are inside
 * the frames that are removed.  Each frame is freed by its origin: to the buddy, or with the block
 * (S0-33, X-04).  After the unmap nothing reads these struct pages any more (S2-28).
 */
#include <lib/assert.h>
#include <mm/kernel/kpt.h>
#include <mm/memmap/memmap.h>
#include <mm/vmalloc/vmalloc.h>

struct collect {
	struct memmap_removal *r;
	struct why *why;
};

static bool grow(struct memmap_removal *r)
{
	struct pt_gather *g = &r->gather;
	u32 old_max = g->max_spans, max;
	struct pt_span *spans = memmap_spans_grow(g->spans, g->nr_spans, &max, 2 * old_max + 128);

	if (!spans)
		return false;
	if (g->spans != r->few)
		memmap_spans_free(g->spans, old_max);
	g->spans = spans;
	g->max_spans = max;
	return true;
}

/* True if the frame's own struct pages are mapped.  A damaged entry could name any frame, whose
 * provenance would be read from a hole (S0-24). */
static bool has_struct_pages(paddr_t pa, u32 pages)
{
	pfn_t first = pa >> page_shift();

	return layout_is_mappable(pa, (u64)pages << page_shift()) &&
	       pt_translate(&kpt, memmap_va(first)) != PA_NONE &&
	       pt_translate(&kpt, memmap_va(first + pages - 1)) != PA_NONE;
}

static int collect_frames(struct collect *c, paddr_t pa, u32 pages, bool own)
{
	enum pt_provenance from = PAGE_ALTMAP;

	if (!own) {
		if (!has_struct_pages(pa, pages))
			return refuse(c->why, EIO,
				      "the memmap holds frame %#lx, which has no struct page", pa);
		from = page_provenance(pa_page(pa));
	}
	if (pt_gather_span(&c->r->gather, pa, pages, from)) {
		if (!grow(c->r))
			return refuse(c->why, ENOMEM,
				      "no room to list the frames of the memmap (%lu bytes)",
				      2 * c->r->gather.max_spans * sizeof(struct pt_span));
		ASSERT_OP(pt_gather_span(&c->r->gather, pa, pages, from), ==, 0);
	}
	*(own ? &c->r->altmap_pages : &c->r->host_pages) += pages;
	return 0;
}

/* Collect the frames of a run of leaves, in pieces of one scheme, which determines how they are
 * freed. */
static int collect_run(const struct pt_slot *s, void *arg)
{
	const struct pt_fmt *f = layout.fmt;
	struct collect *c = arg;
	u64 left = s->n * pt_span(f, s->level), step;
	paddr_t pa = f->pa(s->val, s->level, s->va);
	int err = 0;

	for (vaddr_t va = s->va; left && !err; va += step, pa += step, left -= step) {
		pfn_t pfn = page_to_pfn(va_ptr(va)), end;
		const struct memmap_scheme *scheme = c->r->scheme(pfn, &end);

		step = min_u64(left, (end - pfn) * sizeof(struct page));
		err = collect_frames(c, pa, (u32)(step >> page_shift()),
				     scheme->where != MEMMAP_IN_OLD_MEMORY);
	}
	return err;
}

/* Collect two frames for each compound; the second is mapped many times. */
static int collect_compounds(struct collect *c, pfn_t pfn, u64 nr)
{
	for (pfn_t at = pfn, end; at < pfn + nr; at += c->r->compound) {
		bool own = c->r->scheme(at, &end)->where != MEMMAP_IN_OLD_MEMORY;

		for (unsigned i = 0; i < MEMMAP_COMPOUND_FRAMES; i++) {
			paddr_t pa = pt_translate(&kpt, memmap_va(at) + i * page_size());
			int err = collect_frames(c, pa, 1, own);

			if (err)
				return err;
		}
	}
	return 0;
}

void memmap_remove_begin(struct memmap_removal *r, memmap_scheme_fn *scheme)
{
	r->scheme = scheme;
	r->compound = 0;
	r->altmap_pages = r->host_pages = 0;
	pt_gather_begin(&r->gather, &kpt, r->few, MEMMAP_FEW_SPANS);
}

int memmap_remove_plan(struct memmap_removal *r, pfn_t pfn, u64 nr, struct why *why)
{
	struct collect c = { .r = r, .why = why };
	struct pt_plan plan;
	int err;

	err = pt_plan(&kpt, &plan, PT_OP_UNMAP, memmap_va(pfn), memmap_bytes(nr), 0, 0, why);
	if (err)
		return err;
	pt_plan_end(&plan);
	if (r->compound)
		return collect_compounds(&c, pfn, nr);
	return pt_walk(&kpt, memmap_va(pfn), memmap_bytes(nr), PT_ON_LEAF | PT_BY_RUNS, collect_run,
		       &c);
}

void memmap_remove(struct memmap_removal *r, pfn_t pfn, u64 nr, const struct remove_scheme *scheme)
{
	/* checked by memmap_remove_plan() under the same lock */
	vmalloc_remove(scheme, REGION_VMEMMAP, memmap_va(pfn), memmap_bytes(nr), &r->gather);
}

void memmap_remove_end(struct memmap_removal *r)
{
	struct pt_span *spans = r->gather.spans;
	u32 max = r->gather.max_spans;

	pt_gather_release(&r->gather);
	if (spans != r->few)
		memmap_spans_free(spans, max);
}

void memmap_remove_abort(struct memmap_removal *r)
{
	r->gather.nr_spans = 0; /* they stay mapped */
	pt_gather_flush(&r->gather);
	memmap_remove_end(r);
}
