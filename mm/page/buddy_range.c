/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/buddy_range.c - give ranges to the buddy, isolate them and take them away.
 *
 * Every walk visits head by head and may release the lock at the end of a window (the largest
 * chunk, which no chunk crosses): it holds the lock for a few windows at a time, however large the
 * range.
 */
#include <lib/assert.h>
#include <mm/page/buddy_late.h>
#include <mm/page/buddy_zone.h>

#define HEADS_HELD 16    /* visited under the lock before it is released */
#define WINDOWS_HELD 256 /* linked under the lock: fewer instructions than to write one */

static void pool_init(struct pool *z, unsigned node, unsigned id)
{
	static const char *const names[POOL_NR] = { "zone Normal", "zone Normal (hot-added)",
						    "zone Movable", "zone Device" };

	z->lock.class = LOCK_ZONE;
	z->lock.name = names[id];
	z->node = (u8)node;
	z->id = (u8)id;
	for (unsigned o = 0; o <= BUDDY_MAX_ORDER; o++)
		list_init(&z->lists[o]);
	if (node >= buddy_nodes)
		buddy_nodes = node + 1;
	z->ready = true;
}

static unsigned largest_order(pfn_t pfn, u64 nr)
{
	unsigned order = BUDDY_MAX_ORDER;

	while (!is_aligned(pfn, 1ul << order) || 1ul << order > nr)
		order--;
	return order;
}

/*
 * The windows of [p, end) become free chunks, the last one first in the list, as list_chunk() would
 * leave them: after `before`.  A late head has not been written: this is its first store.
 */
static inline __attribute__((always_inline)) void
link_windows(const struct pool *z, struct page *p, struct page *end, struct list *before, bool late)
{
	u32 flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, BUDDY_MAX_ORDER, z->node);
	struct list *next = before->next;

	next->prev = &p->lru;
	before->next = &(end - BUDDY_WINDOW)->lru;
#pragma GCC unroll 8
	for (struct page *at = p; at < end; at += BUDDY_WINDOW) {
		struct list links = { &(at - BUDDY_WINDOW)->lru, &(at + BUDDY_WINDOW)->lru };

		if (late) { /* every field, or the compiler clears them all first */
			*at = (struct page) { .flags = flags,
					      .refcount = 0,
					      .private = LATE,
					      .lru = links,
					      .owner = NULL,
					      .head = NULL,
					      .frag = { NULL, NULL } };
		} else {
			at->flags = flags;
			at->lru = links;
		}
	}
	p->lru.next = next;
	(end - BUDDY_WINDOW)->lru.prev = before;
}

/* Late windows are at the end of the list, all others at its front (mm/page/buddy_late.h). */
static void list_windows(struct pool *z, struct page *p, struct page *end, bool late)
{
	struct list *head = &z->lists[BUDDY_MAX_ORDER];

	if (!late) {
		link_windows(z, p, end, head, false);
		return;
	}
	link_windows(z, p, end, head->prev, true);
	late_given((u64)(end - p) / BUDDY_WINDOW);
}

/* Give the front of the range: its whole windows, because a chunk of that size has no buddy to be
 * joined with, or else its first chunk.  Returns their pages. */
static u64 give_front(struct pool *z, pfn_t pfn, u64 nr, bool late)
{
	u64 whole = is_aligned(pfn, BUDDY_WINDOW) ? align_down(nr, BUDDY_WINDOW) : 0;
	struct page *p = pfn_to_page(pfn);
	unsigned order;

	if (whole) {
		whole = min_u64(whole, WINDOWS_HELD * BUDDY_WINDOW);
		list_windows(z, p, p + whole, late);
		atomic_store_relaxed(&z->free, z->free + whole);
		return whole;
	}
	order = largest_order(pfn, nr);
	pool_put(z, p, order);
	return 1ul << order;
}

void buddy_give(pfn_t pfn, u64 nr, unsigned node, enum zone_id zone)
{
	const struct block *b = block_find(pfn);
	unsigned id = zone == ZONE_MOVABLE  ? POOL_MOVABLE
		      : zone == ZONE_DEVICE ? POOL_DEVICE
		      : b && !b->boot       ? POOL_NORMAL
					    : POOL_BOOT;
	struct pool *z = &pools[node][id];

	ASSERT_OP(node, <, NODES_MAX);
	if (!z->ready)
		pool_init(z, node, id);
	while (nr) {
		u64 flags = spin_lock_irqsave(&z->lock), given;

		do {
			given = give_front(z, pfn, nr, b && b->late);
			z->managed += given;
			pfn += given;
			nr -= given;
		} while (nr && given < BUDDY_WINDOW);
		spin_unlock_irqrestore(&z->lock, flags);
	}
}

/* ---- walks over heads -------------------------------------------------------------------------
 */

/* Applied by one walk to each head, of a chunk of `pages`; returns the pages that it changed.  The
 * pool's lock is held. */
typedef u64 head_fn(struct pool *, struct page *, u64 pages);

static inline bool is_lone(const struct page *p, enum page_state s)
{
	return (p->flags & PAGE_FLAGS(0, 15, 255, 0)) == PAGE_FLAGS(0, s, 0, 0);
}

/*
 * Apply fn to the heads of a range in one block, hence in one pool.  The lock is released at the
 * first end of a window after HEADS_HELD heads: idle memory has one head a window.  Inline, because
 * a call for each head would cost as much as the work.  `lone` is the state of the single pages
 * that memory in use consists of: many follow one another, and lone_fn is applied to them, or
 * nothing.
 */
static inline __attribute__((always_inline)) u64 range_walk(pfn_t pfn, u64 nr, head_fn *fn,
							    enum page_state lone, head_fn *lone_fn)
{
	struct pool *z = pool_of(pfn, block_find(pfn));
	struct page *p = pfn_to_page(pfn);
	pfn_t end = pfn + nr;
	u64 sum = 0;

	while (pfn < end) {
		u64 flags = spin_lock_irqsave(&z->lock);
		u64 heads = 0;

		do {
			u64 pages = page_step(p);

			sum += fn(z, p, pages);
			pfn += pages;
			p += pages;
			heads++;
			if (pages == 1) {
				u64 room = min_u64(end, align_up(pfn, BUDDY_WINDOW)) - pfn;
				struct page *from = p, *stop = p + room;

				for (; p < stop && is_lone(p, lone); p++)
					sum += lone_fn ? lone_fn(z, p, 1) : 0;
				pfn += (u64)(p - from);
				heads += (u64)(p - from);
			}
		} while (pfn < end && (heads < HEADS_HELD || !is_aligned(pfn, BUDDY_WINDOW)));
		spin_unlock_irqrestore(&z->lock, flags);
	}
	return sum;
}

static u64 isolate_head(struct pool *z, struct page *p, u64 pages)
{
	if (page_state(p) != PAGE_FREE)
		return 0;
	list_del(&p->lru);
	page_set(p, PAGE_BUDDY, PAGE_ISOLATED, page_order(p));
	atomic_store_relaxed(&z->free, z->free - pages);
	return pages;
}

u64 buddy_isolate(pfn_t pfn, u64 nr)
{
	late_settle_range(pfn, nr);
	return range_walk(pfn, nr, isolate_head, PAGE_USED, NULL);
}

/* range_walk() took its step before this call, so a chunk that is joined upwards is not visited
 * twice; one that is joined downwards is before the walk's position. */
static u64 unisolate_head(struct pool *z, struct page *p, u64 pages)
{
	if (page_state(p) != PAGE_ISOLATED)
		return 0;
	pool_put(z, p, page_order(p));
	return pages;
}

void buddy_unisolate(pfn_t pfn, u64 nr)
{
	range_walk(pfn, nr, unisolate_head, PAGE_USED, NULL);
}

/* Split the isolated chunk that holds `at` until one begins there.  `pfn` is a head below it. */
static bool cut(pfn_t pfn, pfn_t at)
{
	struct page *p = pfn_to_page(pfn);
	bool ok;

	while (pfn + page_step(p) <= at) {
		pfn += page_step(p);
		p = pfn_to_page(pfn);
	}
	ok = pfn == at || page_state(p) == PAGE_ISOLATED;
	while (ok && pfn != at) {
		unsigned order = page_order(p) - 1;
		struct page *upper = p + (1ul << order);

		page_set(p, PAGE_BUDDY, PAGE_ISOLATED, order);
		page_set(upper, PAGE_BUDDY, PAGE_ISOLATED, order);
		if (at >= pfn + (1ul << order)) {
			pfn += 1ul << order;
			p = upper;
		}
	}
	return ok;
}

bool buddy_cut(pfn_t at)
{
	pfn_t pfn = align_down(at, BUDDY_WINDOW);
	struct pool *z;
	u64 flags;
	bool ok;

	if (pfn == at) /* no chunk crosses a window, and there may be no head here */
		return true;
	z = pool_of(pfn, block_find(pfn));
	flags = spin_lock_irqsave(&z->lock);
	ok = cut(pfn, at);
	spin_unlock_irqrestore(&z->lock, flags);
	return ok;
}

static u64 take_isolated(struct pool *z, struct page *p, u64 pages)
{
	page_set(p, PAGE_BUDDY, PAGE_TAIL, 0);
	z->managed -= pages;
	return pages;
}

static u64 take_head(struct pool *z, struct page *p, u64 pages)
{
	ASSERT_OP(page_state(p), !=, PAGE_FREE);
	ASSERT_OP(page_state(p), !=, PAGE_USED);
	return page_state(p) == PAGE_ISOLATED ? take_isolated(z, p, pages) : 0;
}

void buddy_take(pfn_t pfn, u64 nr)
{
	range_walk(pfn, nr, take_head, PAGE_ISOLATED, take_isolated);
	if (poison_marks())
		poison_forget(pfn_to_page(pfn), nr);
}

/* The head of the allocated chunk that pfn is in.  No page before the head is the head of a chunk
 * that reaches pfn. */
static struct page *used_head(pfn_t pfn)
{
	for (unsigned order = 0; order <= BUDDY_MAX_ORDER; order++) {
		struct page *p = pfn_to_page(align_down(pfn, 1ul << order));

		if (page_state(p) == PAGE_USED && page_order(p) >= order)
			return p;
	}
	assert_failed(__FILE__, __LINE__, "no allocated chunk has this page", pfn, 0);
}

void page_split(pfn_t pfn)
{
	struct page *head = used_head(pfn);
	u64 nr = 1ul << page_order(head);

	ASSERT_OP(page_provenance(head), ==, PAGE_BUDDY);
	for (u64 i = 0; i < nr && nr > 1; i++) {
		head[i].flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 0, page_node(head));
		head[i].refcount = 1;
		head[i].private = 0;
		head[i].owner = head->owner;
	}
}
