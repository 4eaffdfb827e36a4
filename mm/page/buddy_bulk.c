/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/buddy_bulk.c - allocate chunks and free single pages in batches, with one lock for many:
 * for migration, the shadow and the memmap.
 */
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/fail.h>
#include <mm/page/buddy_zone.h>

/* One chunk, or up to n single pages, which are neighbours from *first on. */
static unsigned take_some(struct pool *z, unsigned order, unsigned n, struct page **first)
{
	if (!order)
		return pool_take_singles(z, n, first);
	*first = pool_take(z, order);
	return *first != NULL;
}

static unsigned take_chunks(struct pool *z, unsigned order, struct page **out, unsigned n,
			    const char *owner)
{
	u32 used = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, order, z->node);
	unsigned got = 0, some;
	struct page *p;
	u64 flags;

	if (!atomic_load_relaxed(&z->free))
		return 0;
	flags = spin_lock_irqsave(&z->lock);
	while (got < n && (some = take_some(z, order, n - got, &p))) {
		struct page **to = out + got;

		got += some;
		for (struct page *end = p + some; p < end; p++) {
			p->flags = used;
			p->refcount = 1;
			p->owner = owner;
			*to++ = p;
		}
	}
	spin_unlock_irqrestore(&z->lock, flags);
	for (unsigned i = 0; i < got && poison_marks(); i++)
		poison_check(out[i], order);
	for (unsigned i = 0; pt_tapped() && i < got; i++)
		tap_frame(PT_EV_FRAME_ALLOC, out[i], order);
	return got;
}

static unsigned take_node(unsigned node, enum zone_id zone, unsigned order, struct page **out,
			  unsigned n, const char *owner)
{
	static const u8 first[ZONE_NR] = { POOL_BOOT, POOL_MOVABLE, POOL_DEVICE };
	unsigned got = take_chunks(&pools[node][first[zone]], order, out, n, owner);

	if (got < n && zone == ZONE_NORMAL)
		got += take_chunks(&pools[node][POOL_NORMAL], order, out + got, n - got, owner);
	return got;
}

unsigned page_alloc_bulk(unsigned node, enum zone_id zone, unsigned order, struct page **out,
			 unsigned n, const char *owner)
{
	unsigned got;

	if (fail_about(FAIL_PAGES, order))
		return 0;
	got = take_node(node, zone, order, out, n, owner);
	for (unsigned d = 1; got < n && d < NODES_MAX; d++) {
		if (node >= d)
			got += take_node(node - d, zone, order, out + got, n - got, owner);
		if (node + d < buddy_nodes)
			got += take_node(node + d, zone, order, out + got, n - got, owner);
	}
	return got;
}

static inline void forget_user(struct page *p)
{
	p->refcount = 0;
	p->private = 0;
	p->owner = NULL;
}

void page_release_bulk(struct page *const *pages, unsigned n)
{
	const struct block *b = block_find(page_to_pfn(pages[0]));
	struct pool *z = pool_of(page_to_pfn(pages[0]), b);
	u32 isolated = PAGE_FLAGS(PAGE_BUDDY, PAGE_ISOLATED, 0, z->node);
	u64 flags;

	for (unsigned i = 0; buddy_poison && i < n; i++)
		poison_fill(pages[i], 0);
	flags = spin_lock_irqsave(&z->lock);
	if (b && atomic_load_relaxed(&b->isolated)) {
		for (unsigned i = 0; i < n; i++) {
			forget_user(pages[i]);
			pages[i]->flags = isolated;
		}
	} else {
		for (unsigned i = 0; i < n; i++) {
			forget_user(pages[i]);
			pool_put(z, pages[i], 0);
		}
	}
	spin_unlock_irqrestore(&z->lock, flags);
}

void page_free_bulk(struct page *const *pages, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		ASSERT_OP(pages[i]->flags & 0xffff, ==, PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 0, 0));
	for (unsigned i = 0; pt_tapped() && i < n; i++)
		tap_frame(PT_EV_FRAME_FREE, pages[i], 0);
	page_release_bulk(pages, n);
}
