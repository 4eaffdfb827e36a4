/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/buddy_check.c - read the buddy: totals, the longest run, and the consistency of lists,
 * heads and counts.  Slow on purpose: two independent walks (lists, heads) must agree.
 */
#include <lib/assert.h>
#include <mm/page/buddy_zone.h>
#include <mm/page/region.h>

static u64 zone_sum(unsigned node, enum zone_id zone, u64 (*value)(const struct pool *))
{
	if (node >= NODES_MAX)
		return 0;
	if (zone == ZONE_NORMAL)
		return value(&pools[node][POOL_BOOT]) + value(&pools[node][POOL_NORMAL]);
	return value(&pools[node][zone == ZONE_MOVABLE ? POOL_MOVABLE : POOL_DEVICE]);
}

static u64 free_of(const struct pool *z)
{
	return atomic_load_relaxed(&z->free);
}

static u64 managed_of(const struct pool *z)
{
	return z->managed;
}

u64 buddy_free_pages(unsigned node, enum zone_id zone)
{
	return zone_sum(node, zone, free_of);
}

u64 buddy_managed_pages(unsigned node, enum zone_id zone)
{
	return zone_sum(node, zone, managed_of);
}

u64 buddy_free_total(void)
{
	u64 sum = 0;

	for (unsigned n = 0; n < NODES_MAX; n++)
		for (unsigned i = 0; i < POOL_NR; i++)
			sum += free_of(&pools[n][i]);
	return sum;
}

/* ---- walk over the heads of all memory --------------------------------------------------------
 */

typedef void visit_fn(const struct pool *, pfn_t, const struct page *, void *arg);

/* Pages of offline blocks have no heads. */
static bool has_heads(const struct block *b)
{
	return !b || (b->state != BLOCK_OFFLINE && b->state != BLOCK_ABSENT);
}

/* [pfn, end) is within one block, so in one pool. */
static void each_head_in(pfn_t pfn, pfn_t end, visit_fn *fn, void *arg)
{
	const struct block *b = block_find(pfn);

	if (!has_heads(b))
		return;
	while (pfn < end) {
		const struct page *p = pfn_to_page(pfn);

		fn(pool_of(pfn, b), pfn, p, arg);
		pfn += page_step(p);
	}
}

static void each_head(visit_fn *fn, void *arg)
{
	const struct mem_range *m;

	for (unsigned n = 0; (m = region_nth(MEM_RAM, n)); n++) {
		pfn_t pfn = align_up(m->pa, page_size()) >> page_shift();
		pfn_t end = (m->pa + m->len) >> page_shift(), stop;

		for (; pfn < end; pfn = stop) {
			stop = min_u64(end, align_down(pfn, block_pages()) + block_pages());
			each_head_in(pfn, stop, fn, arg);
		}
	}
}

struct longest {
	unsigned node;
	enum zone_id zone;
	pfn_t next;
	u64 run, best;
};

static enum zone_id zone_of(const struct pool *z)
{
	return z->id == POOL_MOVABLE  ? ZONE_MOVABLE
	       : z->id == POOL_DEVICE ? ZONE_DEVICE
				      : ZONE_NORMAL;
}

static void buddy_measure(const struct pool *z, pfn_t pfn, const struct page *p, void *arg)
{
	struct longest *l = arg;

	if (page_state(p) != PAGE_FREE || z->node != l->node || zone_of(z) != l->zone)
		return;
	l->run = pfn == l->next ? l->run : 0;
	l->run += 1ul << page_order(p);
	l->next = pfn + (1ul << page_order(p));
	l->best = max_u64(l->best, l->run);
}

u64 buddy_longest_run(unsigned node, enum zone_id zone)
{
	struct longest l = { node, zone, 0, 0, 0 };

	each_head(buddy_measure, &l);
	return l.best;
}

/* ---- consistency ------------------------------------------------------------------------------
 */

static int check_chunk(const struct pool *z, const struct page *p, unsigned order, struct why *why)
{
	pfn_t pfn = page_to_pfn(p);

	if (p->flags != PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, order, z->node))
		return refuse(why, EINVAL,
			      "page 0x%lx on the order-%u list of node %u has flags 0x%x",
			      page_pa(p), order, z->node, p->flags);
	if (!is_aligned(pfn, 1ul << order))
		return refuse(why, EINVAL, "chunk 0x%lx is not aligned to its order %u", page_pa(p),
			      order);
	if (pool_of(pfn, block_find(pfn)) != z)
		return refuse(why, EINVAL, "chunk 0x%lx is on the list of another zone",
			      page_pa(p));
	return 0;
}

static int check_list(const struct pool *z, unsigned order, u64 *pages, struct why *why)
{
	const struct list *head = &z->lists[order];

	for (const struct list *it = head->next; it != head; it = it->next) {
		int err = check_chunk(z, list_entry(it, struct page, lru), order, why);

		if (err)
			return err;
		if (it->next->prev != it)
			return refuse(why, EINVAL, "the order-%u list of node %u is broken", order,
				      z->node);
		*pages += 1ul << order;
		if (*pages > z->managed)
			return refuse(why, EINVAL,
				      "the lists of node %u hold more than its %lu pages", z->node,
				      z->managed);
	}
	return 0;
}

static int check_pool(struct pool *z, struct why *why)
{
	u64 pages = 0, flags = spin_lock_irqsave(&z->lock);
	int err = 0;

	for (unsigned o = 0; o <= BUDDY_MAX_ORDER && !err; o++)
		err = check_list(z, o, &pages, why);
	if (!err && pages != z->free)
		err = refuse(why, EINVAL, "node %u counts %lu free pages, its lists hold %lu",
			     z->node, z->free, pages);
	spin_unlock_irqrestore(&z->lock, flags);
	return err;
}

static void sum_free(const struct pool *z, pfn_t pfn, const struct page *p, void *arg)
{
	(void)z;
	(void)pfn;
	if (page_state(p) == PAGE_FREE)
		*(u64 *)arg += 1ul << page_order(p);
}

/* Heads tile memory, so equal sums also mean that no page is in two chunks. */
int buddy_check(struct why *why)
{
	u64 heads = 0;

	for (unsigned n = 0; n < NODES_MAX; n++)
		for (unsigned i = 0; i < POOL_NR; i++) {
			int err = pools[n][i].ready ? check_pool(&pools[n][i], why) : 0;

			if (err)
				return err;
		}
	each_head(sum_free, &heads);
	if (heads != buddy_free_total())
		return refuse(why, EINVAL, "free heads cover %lu pages, the zones count %lu", heads,
			      buddy_free_total());
	return 0;
}
