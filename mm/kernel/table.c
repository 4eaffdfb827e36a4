/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/table.c - pages that become page tables: zeroed, PAGE_TABLE, from boot memory of
 * ZONE_NORMAL only (a table in removable memory would block its removal, S0-49).  Constructor and
 * destructor counts must agree once the tables are freed (S0-45).
 */
#include <arch/arch.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/fail.h>
#include <mm/page/buddy_zone.h>

static u64 ctors, dtors; /* atomic */
static u64 fail_in;      /* 0 = never */

static struct page *take_from(unsigned node)
{
	struct pool *z = &pools[node][POOL_BOOT];
	struct page *p;
	u64 flags;

	if (!z->ready)
		return NULL;
	flags = spin_lock_irqsave(&z->lock);
	p = pool_take(z, 0);
	if (p) {
		p->flags = PAGE_FLAGS(PAGE_TABLE, PAGE_USED, 0, node);
		p->refcount = 1;
		p->owner = "page table";
	}
	spin_unlock_irqrestore(&z->lock, flags);
	return p;
}

/* From `node`, then from the others by distance. */
static struct page *take_any(unsigned node)
{
	struct page *p = take_from(node);
	unsigned far = node < buddy_nodes ? buddy_nodes : node + 1; /* beyond the last node */

	for (unsigned d = 1; !p && d < far; d++) {
		if (node >= d)
			p = take_from(node - d);
		if (!p && node + d < buddy_nodes)
			p = take_from(node + d);
	}
	return p;
}

static bool must_fail(void)
{
	u64 n = atomic_load_relaxed(&fail_in);

	return n && atomic_sub_fetch_relaxed(&fail_in, 1) == 0;
}

paddr_t table_alloc(unsigned node)
{
	struct page *p;

	ASSERT_OP(node, <, NODES_MAX);
	if (must_fail() || fail_here(FAIL_TABLE))
		return PA_NONE;
	p = take_any(node);
	if (!p)
		return PA_NONE;
	if (poison_marks())
		poison_check(p, 0);
	arch_zero(page_ptr(p), page_size());
	p->table.next = NULL;
	frame_event(PT_EV_FRAME_ALLOC, p, 0);
	atomic_fetch_add_relaxed(&ctors, 1);
	return page_pa(p);
}

/* From PAGE_TABLE back to a used page of the buddy, so that page_release() may free it. */
static void retire(struct page *p)
{
	if (page_provenance(p) != PAGE_TABLE)
		wrong_class(p, "table_free", "PAGE_TABLE");
	atomic_fetch_add_relaxed(&dtors, 1);
	frame_event(PT_EV_FRAME_FREE, p, 0);
	page_set(p, PAGE_BUDDY, PAGE_USED, 0);
}

void table_free(paddr_t pa)
{
	struct page *p = pa_page(pa);

	retire(p);
	page_release(p, 0);
}

/* All tables are in boot memory, so a node is one pool and no page is isolated. */
void table_free_bulk(struct page *const *pages, unsigned n)
{
	for (unsigned i = 0, first = 0; i < n; i++) {
		retire(pages[i]);
		if (i + 1 == n || page_node(pages[i + 1]) != page_node(pages[first])) {
			page_release_bulk(pages + first, i + 1 - first);
			first = i + 1;
		}
	}
}

u64 table_pages(void)
{
	return atomic_load_relaxed(&ctors) - atomic_load_relaxed(&dtors);
}

void table_counts(u64 *ctor, u64 *dtor)
{
	*ctor = atomic_load_relaxed(&ctors);
	*dtor = atomic_load_relaxed(&dtors);
}

void table_fail_at(u64 n)
{
	atomic_store_relaxed(&fail_in, n);
}
