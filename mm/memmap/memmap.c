/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/memmap/memmap.c - struct pages of added memory: plan, map, write.
 *
 * The scheme decides where they are stored (mm/policy/memmap).  Every struct page is written
 * exactly once, by a template of 64 bytes, except those of pages that hold memmap: these get their
 * head and tail metadata afterwards (S2-16, S2-29).  Runs under the hotplug lock held for write.
 */
#include <lib/assert.h>
#include <lib/fail.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/memmap/memmap.h>
#include <mm/vmalloc/vmalloc.h>

u64 memmap_bytes(u64 pages)
{
	return align_up(pages * sizeof(struct page), page_size());
}

vaddr_t memmap_va(pfn_t pfn)
{
	return ptr_va(pfn_to_page(pfn));
}

u64 memmap_sections_per_block(void)
{
	return layout.block_bytes / layout.section_bytes;
}

struct page *memmap_head(const struct block *b)
{
	return b->memmap && b->memmap->where != MEMMAP_IN_OLD_MEMORY ? pfn_to_page(b->altmap_pfn)
								     : NULL;
}

bool memmap_put(struct block *b)
{
	struct page *head = memmap_head(b);

	if (!head)
		return true;
	ASSERT_OP(page_state(head), ==, PAGE_MEMMAP);
	ASSERT_OP(head->refcount, >=, memmap_sections_per_block());
	head->refcount -= (u32)memmap_sections_per_block();
	return head->refcount == 0;
}

/* ---- plan ---- */

int memmap_plan(struct memmap_plan *p, struct why *why)
{
	const struct memmap_scheme *scheme = p->scheme;
	int err;

	p->storage = p->compound ? p->nr / p->compound * MEMMAP_COMPOUND_FRAMES
				 : memmap_bytes(p->nr) >> page_shift();
	err = scheme->take ? scheme->take(p, why) : 0;
	if (err)
		return err;
	err = pt_plan(&kpt, &p->pt, PT_OP_MAP, memmap_va(p->pfn), memmap_bytes(p->nr),
		      p->scattered ? 0 : p->max_level, p->node, why);
	if (err && scheme->give)
		scheme->give(p);
	/* Scattered frames need tables for pages, but may still use large leaves where they fit. */
	p->pt.max_level = (u8)p->max_level;
	return err;
}

void memmap_plan_end(struct memmap_plan *p)
{
	pt_plan_end(&p->pt);
	if (!p->populated && p->scheme->give)
		p->scheme->give(p);
	memmap_spans_free(p->frames, p->max_frames);
	p->frames = NULL;
}

/* ---- storage of spans: one page, or single pages joined in the vmalloc region ---- */

static u64 spans_pages(u32 max)
{
	return align_up(max * sizeof(struct pt_span), page_size()) >> page_shift();
}

static struct pt_span *spans_alloc(u64 pages)
{
	struct page *p;

	if (pages > 1)
		return vmalloc(pages, 0, "memmap spans");
	p = page_alloc_any(0, ZONE_NORMAL, 0, "memmap spans");
	return p ? page_ptr(p) : NULL;
}

struct pt_span *memmap_spans_grow(struct pt_span *old, u32 nr, u32 *max, u32 want)
{
	u64 pages = spans_pages(want);
	struct pt_span *more = fail_here(FAIL_SPANS) ? NULL : spans_alloc(pages);

	if (!more)
		return NULL;
	if (nr)
		memcpy(more, old, nr * sizeof(*old));
	*max = (u32)((pages << page_shift()) / sizeof(struct pt_span));
	return more;
}

void memmap_spans_free(struct pt_span *spans, u32 max)
{
	u64 pages = spans_pages(max);

	if (!spans)
		return;
	if (pages > 1)
		vfree(spans, pages);
	else
		page_free(pa_page(linear_pa(ptr_va(spans))), 0);
}

/* ---- populate ---- */

/* Level of the leaves that the engine will choose for this piece: for reports only. */
static unsigned leaf_level(vaddr_t va, paddr_t pa, u64 len, unsigned max)
{
	while (max && !(pt_leaf_ok(layout.fmt, max) &&
			is_aligned(va | pa | len, pt_span(layout.fmt, max))))
		max--;
	return max;
}

static void map_piece(struct memmap_plan *p, u64 index, u64 pages, paddr_t pa)
{
	vaddr_t va = p->pt.va + (index << page_shift());
	u64 len = pages << page_shift();

	p->leaves += len >> pt_shift(layout.fmt, leaf_level(va, pa, len, p->max_level));
	pt_map_part(&p->pt, va, len, pa, PT_R | PT_W | PT_GLOBAL);
}

/* Write nr struct pages, whose other fields are 0; no other access to them happens yet. */
static void store_pages(pfn_t pfn, u64 nr, u32 flags, const struct page *head)
{
	u64 words[8] = { flags };

	words[offsetof(struct page, head) / sizeof(u64)] = (u64)(uintptr_t)head;
	arch_store_template(pfn_to_page(pfn), nr, words);
}

void memmap_map(struct memmap_plan *p)
{
	u64 pages = memmap_bytes(p->nr) >> page_shift(), n;

	p->populated = true;
	if (p->compound) {
		memmap_populate_compounds(p);
		return;
	}
	for (u64 index = 0; index < pages; index += n) {
		paddr_t pa = p->scheme->frame(p, index, &n);

		map_piece(p, index, n, pa);
	}
}

/* The number of struct pages at the front of this unit that mark() writes. */
static u64 marked(const struct memmap_plan *p, pfn_t unit)
{
	const struct memmap_scheme *s = p->scheme;

	return s->mark && s->reserved && !p->reserve ? s->reserved(p, (unit - p->pfn) / p->unit)
						     : 0;
}

/* Where the run begins within a unit, that unit's memmap is not of this run. */
static void mark_units(const struct memmap_plan *p, pfn_t pfn, pfn_t end)
{
	pfn_t first = p->pfn + align_up(pfn - p->pfn, p->unit);

	if (p->scheme->mark && first < end)
		p->scheme->mark(p, first, align_up(end - first, p->unit));
}

void memmap_write(const struct memmap_plan *p, pfn_t pfn, u64 nr)
{
	u32 flags = PAGE_FLAGS(p->provenance, PAGE_TAIL, 0, p->node);
	pfn_t end = pfn + nr;

	if (p->compound)
		return;
	for (pfn_t unit = pfn - (pfn - p->pfn) % p->unit; unit < end; unit += p->unit) {
		pfn_t from = max_u64(pfn, unit + marked(p, unit)), stop = unit + p->unit;

		if (p->late) /* up to its whole windows; a unit ends with one */
			stop = align_up(from, 1ul << BUDDY_MAX_ORDER);
		stop = min_u64(stop, end);
		if (from < stop)
			store_pages(from, stop - from, flags, NULL);
	}
	mark_units(p, pfn, end);
}

void memmap_mark_altmap(pfn_t first, u64 pages, u64 sections, unsigned node)
{
	struct page *head = pfn_to_page(first);
	u32 flags = PAGE_FLAGS(PAGE_ALTMAP, PAGE_MEMMAP, 0, node);

	store_pages(first + 1, pages - 1, flags, head);
	*head = (struct page) { .flags = flags, .refcount = (u32)sections, .private = pages };
}
