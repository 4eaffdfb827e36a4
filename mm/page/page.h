/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/page.h - struct page, 64 bytes, one per page of memory, in the vmemmap.
 *
 * flags: provenance 0..3 | state 4..7 | order 8..15 | node 16..31.  One template initialises all
 * pages of a block (state PAGE_TAIL, provenance PAGE_BUDDY): onlining writes only the heads that
 * are given to the buddy, so there is exactly one pass over the memmap.  The zone is the block's
 * (B-24).
 */
#pragma once
#include <kern/grace.h>
#include <lib/list.h>
#include <mm/kernel/layout.h>
#include <mm/pt/pt.h>

enum page_state {
	PAGE_TAIL,     /* inside a larger chunk, or offline: its other fields have no meaning */
	PAGE_FREE,     /* head of a free chunk of `order` on a free list */
	PAGE_ISOLATED, /* head of a free chunk taken off the lists by an offline in progress */
	PAGE_USED,     /* head of an allocated chunk of `order` */
	PAGE_MEMMAP,   /* holds struct pages of hot-added memory (altmap) */
};

struct frag_space; /* mm/study/fragment.h */
struct frag_class;

struct page {
	u32 flags;
	u32 refcount; /* users; altmap head: sections that use this memmap (S2-16) */
	u64 private;  /* altmap head: vmemmap pages; movable: its struct movable; buddy_late.c */
	union {
		struct list lru;         /* free list */
		struct grace_head defer; /* a page table that waits for a grace period */
	};
	const char *owner; /* name of the holder of a used page, for refusals; else NULL */
	/* altmap tails: their head ("freelist" in S2-16); a free page: the mark of buddy_poison.c
	 */
	struct page *head;
	union {
		struct pt_link table; /* PAGE_TABLE: the engine's bookkeeping */
		struct {
			struct frag_space *space; /* NULL: no callback may use it */
			const struct frag_class *class;
		} frag; /* a page of fragments (mm/study/fragment.h) */
	};
};

_Static_assert(sizeof(struct list) == sizeof(struct grace_head), "one overlays the other (S3-03)");
_Static_assert(sizeof(struct page) == 64, "struct page is 64 bytes (S2, CATALOGUE section 0)");

#define PAGE_FLAGS(provenance, state, order, node)                                                 \
	((u32)(provenance) | (u32)(state) << 4 | (u32)(order) << 8 | (u32)(node) << 16)

static inline unsigned page_provenance(const struct page *p)
{
	return p->flags & 15;
}

static inline unsigned page_state(const struct page *p)
{
	return p->flags >> 4 & 15;
}

static inline unsigned page_order(const struct page *p)
{
	return p->flags >> 8 & 255;
}

static inline unsigned page_node(const struct page *p)
{
	return p->flags >> 16;
}

static inline void page_set(struct page *p, unsigned provenance, unsigned state, unsigned order)
{
	p->flags = PAGE_FLAGS(provenance, state, order, page_node(p));
}

/* Pages from this head (or lone page) to the next one. */
static inline u64 page_step(const struct page *p)
{
	unsigned s = page_state(p);

	return s == PAGE_FREE || s == PAGE_ISOLATED || s == PAGE_USED ? 1ul << page_order(p) : 1;
}

/* pfn <-> struct page <-> physical address <-> linear-map pointer.  Arithmetic without a check: a
 * struct page is mapped only if the memory's block, sub-section or device range exists. */
static inline struct page *pfn_to_page(pfn_t pfn)
{
	u64 index = pfn - (layout.phys_base >> page_shift());

	return va_ptr(layout.r[REGION_VMEMMAP].va + index * sizeof(struct page));
}

static inline pfn_t page_to_pfn(const struct page *p)
{
	u64 index = (ptr_va(p) - layout.r[REGION_VMEMMAP].va) / sizeof(struct page);

	return index + (layout.phys_base >> page_shift());
}

static inline paddr_t page_pa(const struct page *p)
{
	return page_to_pfn(p) << page_shift();
}

static inline struct page *pa_page(paddr_t pa)
{
	return pfn_to_page(pa >> page_shift());
}

static inline void *page_ptr(const struct page *p)
{
	return va_ptr(linear_va(page_pa(p)));
}

static inline void *pa_ptr(paddr_t pa)
{
	return va_ptr(linear_va(pa));
}
