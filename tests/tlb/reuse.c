/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-34: a freed table page is reused for data that looks like valid leaves; no CPU may walk it.
 * The removal invalidates by address, regardless of tlb-max=: an invalidation of everything also
 * drops cached pointers to the table, and would hide a back end that does not.
 */
#include <arch/arch.h>
#include <tests/tlb/reuse.h>

static int keep_lowest(const struct pt_slot *slot, void *arg)
{
	if (slot->level == 1)
		*(paddr_t *)arg = kpt.fmt->pa(slot->val, 1, slot->va);
	return 0;
}

paddr_t reuse_table(const struct pt *pt, vaddr_t va)
{
	paddr_t table = PA_NONE;

	pt_walk(pt, align_down(va, pt_span(pt->fmt, 1)), pt_span(pt->fmt, 1), PT_ON_TABLE,
		keep_lowest, &table);
	return table;
}

static struct page *take_page(struct test_hog *h, paddr_t pa)
{
	unsigned node = page_node(pa_page(pa));

	for (int i = 0; i < 32768 && hog_one(h, node, ZONE_NORMAL, 0); i++)
		if (page_pa(list_entry(h->pages.next, struct page, lru)) == pa)
			return pa_page(pa);
	return NULL;
}

bool reuse_fill(struct test_hog *h, paddr_t pa, pte_t leaf)
{
	struct page *again = pa == PA_NONE ? NULL : take_page(h, pa);
	u64 *word = again ? page_ptr(again) : NULL;

	for (u64 i = 0; word && i < page_size() / 8; i++)
		word[i] = leaf;
	arch_mb();
	return word;
}

static void remove_by_address(struct test_run *t, struct range *r)
{
	u32 before = tlb_max;

	tlb_max = (u32)(r->len / page_size());
	range_remove(t, r);
	tlb_max = before;
}

TEST(tlb, reused_table,
     .claim = "a table page that became data, full of valid leaves, translates nothing",
     .rows = "S0-34", .needs = NEED_RANGE | NEED_WALK_TLB, .rev = 3)
{
	static struct probes p NOINIT;
	struct page *target;
	struct test_hog hog;
	struct range r;
	paddr_t table;

	if (!range_get(t, &r, 1, "block"))
		return;
	r.opts.leaf = 0;
	/* allocated before the table is freed, so another frame */
	target = page_alloc_any(0, ZONE_NORMAL, 0, "reused_table");
	if (!range_add(t, &r))
		return;
	table = reuse_table(&kpt, linear_va(r.pa));
	p.nr = 0;
	probes_spread(&p, linear_va(r.pa), pt_span(kpt.fmt, 1), 8);
	PROBES_ALL_PRIMED(t, &p);
	remove_by_address(t, &r);
	hog_init(&hog);
	if (CHECK(t, target) &&
	    CHECK(t, reuse_fill(&hog, table,
				kpt.fmt->leaf(page_pa(target), PT_R | PT_W | PT_GLOBAL, 0, 0))))
		PROBES_ALL_FAULT(t, &p);
	if (target)
		page_free(target, 0);
	hog_drop(&hog);
	range_reset(&r);
}
