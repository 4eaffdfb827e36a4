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

/* At most nr pages of the node, pushed onto the list; returns how many. */
static u32 take_from(unsigned node, u32 nr, struct pt_link **list)
{
	struct pool *z = &pools[node][POOL_BOOT];
	struct pt_link *head = *list;
	u32 got = 0, some;
	struct page *p;
	u64 flags;

	if (!z->ready)
		return 0;
	flags = spin_lock_irqsave(&z->lock);
	while (got < nr && (some = pool_take_singles(z, nr - got, &p)))
		for (got += some; some; some--, p++) {
			p->flags = PAGE_FLAGS(PAGE_TABLE, PAGE_USED, 0, node);
			p->refcount = 1;
			p->owner = "page table";
			p->table.next = head;
			head = &p->table;
		}
	spin_unlock_irqrestore(&z->lock, flags);
	*list = head;
	return got;
}

/* From `node`, then from the others by distance. */
static u32 take_any(unsigned node, u32 nr, struct pt_link **list)
{
	u32 got = take_from(node, nr, list);
	unsigned far = node < buddy_nodes ? buddy_nodes : node + 1; /* beyond the last node */

	for (unsigned d = 1; got < nr && d < far; d++) {
		if (node >= d)
			got += take_from(node - d, nr - got, list);
		if (got < nr && node + d < buddy_nodes)
			got += take_from(node + d, nr - got, list);
	}
	return got;
}

static bool must_fail(void)
{
	u64 n = atomic_load_relaxed(&fail_in);

	return n && atomic_sub_fetch_relaxed(&fail_in, 1) == 0;
}

/* How many of nr tables may be allocated until one has to fail? */
static u32 may_have(u32 nr)
{
	u32 n = 0;

	if (!atomic_load_relaxed(&fail_in) && !atomic_load_relaxed(&fail_hook))
		return nr;
	while (n < nr && !must_fail() && !fail_here(FAIL_TABLE))
		n++;
	return n;
}

static void made(struct page *p)
{
	if (poison_marks())
		poison_check(p, 0);
	frame_event(PT_EV_FRAME_ALLOC, p, 0);
}

u32 table_alloc_list(unsigned node, u32 nr, struct pt_link **list)
{
	u32 got;

	ASSERT_OP(node, <, NODES_MAX);
	got = take_any(node, may_have(nr), list);
	if (poison_marks() || pt_tapped()) {
		struct pt_link *l = *list;

		for (u32 i = 0; i < got; i++, l = l->next)
			made(container_of(l, struct page, table));
	}
	atomic_fetch_add_relaxed(&ctors, got);
	return got;
}

paddr_t table_alloc_raw(unsigned node)
{
	struct pt_link *one = NULL;

	return table_alloc_list(node, 1, &one) ? page_pa(container_of(one, struct page, table))
					       : PA_NONE;
}

paddr_t table_alloc(unsigned node)
{
	paddr_t pa = table_alloc_raw(node);

	if (pa != PA_NONE)
		arch_zero(pa_ptr(pa), page_size());
	return pa;
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
