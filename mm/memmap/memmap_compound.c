/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/memmap/memmap_compound.c - the memmap of compounds: two frames each, for any size (S1-40).
 *
 * The first frame holds the head and the first tails.  All other tails of a compound are equal, so
 * one more frame holds a page of them, and every further page of the vmemmap is mapped to that
 * frame, read-only: a store through it would change thousands of struct pages at once.
 *
 * A tail is never mapped writable first and read-only later: its frame is written through the
 * linear map before the first entry that maps it.  So every entry changes once, from empty to its
 * final value, an add requires no break and no invalidation, and no TLB can hold a writable entry.
 * A removal clears these entries like all others, and frees each frame once.
 */
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/memmap/memmap.h>
#include <mm/pt/pt_tap.h>

struct cursor {
	struct memmap_plan *p;
	u64 index, left; /* of storage: the next page, and the number that follow it contiguously */
	paddr_t pa;
};

static paddr_t next_frame(struct cursor *c)
{
	paddr_t pa;

	if (!c->left)
		c->pa = c->p->scheme->frame(c->p, c->index, &c->left);
	pa = c->pa;
	c->pa += page_size();
	c->index++;
	c->left--;
	return pa;
}

/* True if this compound holds storage or reserve, so that none of it is usable. */
static bool is_reserved(const struct memmap_plan *p, pfn_t pfn)
{
	return p->scheme->where == MEMMAP_IN_FIRST_BLOCKS && pfn - p->pfn < p->reserve + p->storage;
}

static struct page head_of(const struct memmap_plan *p, pfn_t pfn)
{
	unsigned order = log2_u64(p->compound);

	if (!is_reserved(p, pfn))
		return (struct page) { .flags =
					       PAGE_FLAGS(p->provenance, PAGE_USED, order, p->node),
				       .refcount = 1 };
	if (pfn != p->pfn)
		return (struct page) { .flags = PAGE_FLAGS(PAGE_ALTMAP, PAGE_MEMMAP, 0, p->node),
				       .head = pfn_to_page(p->pfn) };
	return (struct page) { .flags = PAGE_FLAGS(PAGE_ALTMAP, PAGE_MEMMAP, 0, p->node),
			       .refcount = (u32)(p->nr / p->compound),
			       .private = p->storage };
}

static struct page tail_of(const struct memmap_plan *p, pfn_t pfn)
{
	if (!is_reserved(p, pfn))
		return (struct page) { .flags = PAGE_FLAGS(p->provenance, PAGE_TAIL, 0, p->node),
				       .head = pfn_to_page(pfn) };
	return (struct page) { .flags = PAGE_FLAGS(PAGE_ALTMAP, PAGE_MEMMAP, 0, p->node),
			       .head = pfn_to_page(p->pfn) };
}

static void fill_frame(paddr_t frame, const struct page *template)
{
	u64 words[8];

	memcpy(words, template, sizeof(words));
	arch_store_template(pa_ptr(frame), page_size() / sizeof(struct page), words);
	pt_tap_fill(frame, page_size());
}

/* The memmap of one compound: fill both frames, then map them. */
static void populate(struct cursor *c, pfn_t pfn)
{
	struct memmap_plan *p = c->p;
	struct page head = head_of(p, pfn), tail = tail_of(p, pfn);
	paddr_t first = next_frame(c), rest = next_frame(c);
	u64 bytes = memmap_bytes(p->compound);

	fill_frame(first, &tail);
	fill_frame(rest, &tail);
	*(struct page *)pa_ptr(first) = head;
	pt_map_part(&p->pt, memmap_va(pfn), page_size(), first, PT_R | PT_W | PT_GLOBAL);
	pt_map_same(&p->pt, memmap_va(pfn) + page_size(), bytes - page_size(), rest,
		    PT_R | PT_GLOBAL);
	p->leaves += bytes >> page_shift();
}

void memmap_populate_compounds(struct memmap_plan *p)
{
	struct cursor c = { .p = p };

	for (u64 at = 0; at < p->nr; at += p->compound)
		populate(&c, p->pfn + at);
	ASSERT_OP(c.index, ==, p->storage);
}

bool memmap_is_shared_tail(vaddr_t va)
{
	const struct va_region *r = &layout.r[REGION_VMEMMAP];
	struct pt_slot slot;

	if (va - r->va >= r->len || pt_lookup(&kpt, va, &slot) != PT_LEAF)
		return false;
	return !(layout.fmt->prot(slot.val, slot.level) & PT_W);
}

const char *memmap_what_is(vaddr_t va)
{
	return memmap_is_shared_tail(va) ? "struct pages that all of a compound share" : NULL;
}
