/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/buddy.c - allocate and free chunks of 2^order pages.
 *
 * Invariants: a free chunk is aligned to its size, so it crosses no memory block (a block is a
 * multiple of the largest chunk) and its buddy always has a struct page; only heads carry a state,
 * everything inside a chunk is PAGE_TAIL.  Only the poison tap accesses the contents of a page.
 */
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/fail.h>
#include <lib/printf.h>
#include <mm/page/buddy_late.h>
#include <mm/page/buddy_zone.h>

struct pool pools[NODES_MAX][POOL_NR];
unsigned buddy_nodes;

static const char *const zone_names[ZONE_NR] = { "Normal", "Movable", "Device" };
static const char *const class_names[] = {
	[PAGE_NONE] = "PAGE_NONE",     [PAGE_BOOT] = "PAGE_BOOT",
	[PAGE_BUDDY] = "PAGE_BUDDY",   [PAGE_ALTMAP] = "PAGE_ALTMAP",
	[PAGE_TABLE] = "PAGE_TABLE",   [PAGE_FRAGMENT] = "PAGE_FRAGMENT",
	[PAGE_DEVICE] = "PAGE_DEVICE", [PAGE_REMAPPED] = "PAGE_REMAPPED",
};

const char *zone_name(enum zone_id zone)
{
	return zone < ZONE_NR ? zone_names[zone] : "none";
}

void wrong_class(const struct page *p, const char *function, const char *wants)
{
	static char text[96];
	unsigned c = page_provenance(p);

	snprintf(text, sizeof(text), "%s takes %s, this page is %s", function, wants,
		 c < ARRAY_SIZE(class_names) ? class_names[c] : "of no class");
	assert_failed(__FILE__, __LINE__, text, page_pa(p), p->flags);
}

/* NULL: no block yet, which means boot memory, because the block table is built after the buddy. */
struct pool *pool_of(pfn_t pfn, const struct block *b)
{
	unsigned id;

	if (!b || b->boot)
		return &pools[page_node(pfn_to_page(pfn))][POOL_BOOT];
	id = b->zone == ZONE_NORMAL    ? POOL_NORMAL
	     : b->zone == ZONE_MOVABLE ? POOL_MOVABLE
				       : POOL_DEVICE;
	return &pools[b->node][id]; /* the struct page may be late */
}

/* ---- one pool, under its lock -----------------------------------------------------------------
 */

/* Return the upper halves of a chunk of order `from` until `order` is left. */
static void split(struct pool *z, struct page *p, unsigned from, unsigned order)
{
	while (from > order) {
		from--;
		list_chunk(z, p + (1ul << from), from);
	}
}

/* Take the smallest chunk of at least *order off its list; sets *order to its order. */
static struct page *smallest(struct pool *z, unsigned *order)
{
	for (unsigned o = *order; o <= BUDDY_MAX_ORDER; o++) {
		struct list *l = z->lists[o].next;

		if (l == &z->lists[o])
			continue;
		list_del(l);
		if (o == BUDDY_MAX_ORDER)
			late_settle(list_entry(l, struct page, lru));
		*order = o;
		return list_entry(l, struct page, lru);
	}
	return NULL;
}

struct page *pool_take(struct pool *z, unsigned order)
{
	unsigned from = order;
	struct page *p = smallest(z, &from);

	if (!p)
		return NULL;
	split(z, p, from, order);
	atomic_store_relaxed(&z->free, z->free - (1ul << order));
	return p;
}

unsigned pool_take_singles(struct pool *z, unsigned n, struct page **first)
{
	unsigned order = 0, size, take;

	*first = smallest(z, &order);
	if (!*first)
		return 0;
	size = 1u << order;
	take = n < size ? n : size;
	for (unsigned i = take, o = 0; i < size; o++) { /* the rest, by its largest chunks */
		if (!(i >> o & 1))
			continue;
		list_chunk(z, *first + i, o);
		i += 1u << o;
	}
	atomic_store_relaxed(&z->free, z->free - take);
	return take;
}

/* Add a free chunk, joined with its buddy as long as that is free, whole and of this pool. */
void pool_put(struct pool *z, struct page *p, unsigned order)
{
	atomic_store_relaxed(&z->free, z->free + (1ul << order));
	for (pfn_t pfn = page_to_pfn(p); order < BUDDY_MAX_ORDER; order++) {
		pfn_t other = pfn ^ (1ul << order);
		struct page *b = pfn_to_page(other);

		if (b->flags != PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, order, z->node))
			break;
		list_del(&b->lru);
		page_set(other > pfn ? b : p, PAGE_BUDDY, PAGE_TAIL, 0);
		pfn &= other;
		p = pfn_to_page(pfn);
	}
	list_chunk(z, p, order);
}

/* Called only while a tap is on.  The result of `before` is ignored: a tap cannot swallow it. */
NOINLINE void tap_frame(unsigned kind, const struct page *p, unsigned order)
{
	struct pt_event e = { .kind = (u8)kind, .order = (u8)order, .n = 1ul << order };

	e.provenance = (u8)page_provenance(p);
	e.pa = page_pa(p);
	e.owner = p->owner;
	pt_tap_run_before(&e);
	pt_tap_run_after(&e);
}

/* ---- allocate and free ------------------------------------------------------------------------
 */

/* Racy on purpose: a CPU that reads 0 too early behaves as if it had run a moment later. */
static bool is_drained(const struct pool *z)
{
	return !atomic_load_relaxed(&z->free);
}

/* A free chunk with pages in [lo, hi), the smallest first. */
static struct page *chunk_in(const struct pool *z, pfn_t lo, pfn_t hi)
{
	for (unsigned o = 0; o <= BUDDY_MAX_ORDER; o++)
		for (struct list *l = z->lists[o].next; l != &z->lists[o]; l = l->next) {
			struct page *p = list_entry(l, struct page, lru);
			pfn_t pfn = page_to_pfn(p);

			if (pfn < hi && pfn + (1ul << o) > lo)
				return p;
		}
	return NULL;
}

/* One page in [lo, hi), as pool_take(). */
static struct page *pool_take_in(struct pool *z, pfn_t lo, pfn_t hi)
{
	struct page *p = chunk_in(z, lo, hi);

	if (!p)
		return NULL;
	list_del(&p->lru);
	if (page_order(p) == BUDDY_MAX_ORDER)
		late_settle(p);
	for (unsigned order = page_order(p); order--;) {
		struct page *upper = p + (1ul << order);

		list_chunk(z, page_to_pfn(upper) <= lo ? p : upper, order);
		if (page_to_pfn(upper) <= lo)
			p = upper;
	}
	atomic_store_relaxed(&z->free, z->free - 1);
	return p;
}

/* Mark a chunk as used: one step under the pool's lock, one after it. */
static void mark_used(const struct pool *z, struct page *p, unsigned order, const char *owner)
{
	p->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, order, z->node);
	p->refcount = 1;
	p->owner = owner;
}

static struct page *hand_over(struct page *p, unsigned order)
{
	if (!p)
		return NULL;
	if (poison_marks())
		poison_check(p, order);
	frame_event(PT_EV_FRAME_ALLOC, p, order);
	return p;
}

static struct page *pool_alloc(struct pool *z, unsigned order, const char *owner)
{
	struct page *p;
	u64 flags;

	if (is_drained(z))
		return NULL;
	flags = spin_lock_irqsave(&z->lock);
	p = pool_take(z, order);
	if (p)
		mark_used(z, p, order, owner);
	spin_unlock_irqrestore(&z->lock, flags);
	return hand_over(p, order);
}

struct page *page_alloc_in(pfn_t lo, pfn_t hi, const char *owner)
{
	struct pool *z;
	struct page *p;
	u64 flags;

	if (fail_about(FAIL_PAGE, 0))
		return NULL;
	late_settle_at(lo); /* the caller reads its node */
	z = pool_of(lo, block_find(lo));
	flags = spin_lock_irqsave(&z->lock);
	p = pool_take_in(z, lo, hi);
	if (p)
		mark_used(z, p, 0, owner);
	spin_unlock_irqrestore(&z->lock, flags);
	return hand_over(p, 0);
}

/* Normal allocations try boot memory first, so that hot-added memory stays easy to remove. */
static const u8 first_pool[ZONE_NR] = {
	[ZONE_NORMAL] = POOL_BOOT,
	[ZONE_MOVABLE] = POOL_MOVABLE,
	[ZONE_DEVICE] = POOL_DEVICE,
};

struct page *page_alloc(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	struct page *p;

	if (order > BUDDY_MAX_ORDER || node >= NODES_MAX || fail_about(FAIL_PAGE, order))
		return NULL;
	p = pool_alloc(&pools[node][first_pool[zone]], order, owner);
	if (!p && zone == ZONE_NORMAL)
		p = pool_alloc(&pools[node][POOL_NORMAL], order, owner);
	return p;
}

struct page *page_alloc_any(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	struct page *p = page_alloc(node, zone, order, owner);
	unsigned far = node < buddy_nodes ? buddy_nodes : node + 1; /* beyond the last node */

	for (unsigned d = 1; !p && d < far; d++) {
		if (node >= d)
			p = page_alloc(node - d, zone, order, owner);
		if (!p && node + d < buddy_nodes)
			p = page_alloc(node + d, zone, order, owner);
	}
	return p;
}

void page_release(struct page *p, unsigned order)
{
	pfn_t pfn = page_to_pfn(p);
	const struct block *b = block_find(pfn);
	struct pool *z;
	u64 flags;

	z = pool_of(pfn, b);
	p->refcount = 0;
	p->private = 0;
	p->owner = NULL;
	if (buddy_poison)
		poison_fill(p, order);
	flags = spin_lock_irqsave(&z->lock);
	if (b && atomic_load_relaxed(&b->isolated))
		page_set(p, PAGE_BUDDY, PAGE_ISOLATED, order);
	else
		pool_put(z, p, order);
	spin_unlock_irqrestore(&z->lock, flags);
}

void page_free(struct page *p, unsigned order)
{
	if (page_provenance(p) != PAGE_BUDDY)
		wrong_class(p, "page_free", "PAGE_BUDDY");
	ASSERT_OP(page_state(p), ==, PAGE_USED);
	ASSERT_OP(page_order(p), ==, order);
	frame_event(PT_EV_FRAME_FREE, p, order);
	page_release(p, order);
}
