/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MB-5, S0-35: each TLB back end that these CPUs support is selected for a while.  Back ends differ
 * only in instructions: after an invalidation by any of them every CPU faults.
 */
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

static const char *const back_ends[] = { "bcast", "range", "ipi", "sbi", "svinval", "full", NULL };

static const struct tlb_scheme *back_end(struct test_run *t)
{
	struct why why = { 0 };
	const struct tlb_scheme *s = tlb_scheme_find(t->param, &why);

	if (!s)
		test_skip(t, "%s", why.text);
	return s;
}

/* Remove large leaves, and page leaves, of which there are more than tlb-max. */
static void remove_primed(struct test_run *t, struct range *r, int leaf)
{
	static struct probes p NOINIT;

	r->opts.leaf = leaf;
	if (!range_add(t, r))
		return;
	p.nr = 0;
	probes_spread(&p, linear_va(r->pa), r->len, 6);
	probes_add(&p, ptr_va(pa_page(r->pa)) + 8);
	PROBES_ALL_PRIMED(t, &p);
	range_remove(t, r);
	PROBES_ALL_FAULT(t, &p);
}

#define PAGES 40

/* Remove only leaves and no table, so that the invalidation is by address. */
static void unmap_primed(struct test_run *t)
{
	struct page *page = page_alloc_any(0, ZONE_NORMAL, 0, "back_ends");
	vaddr_t va = vmalloc_va_alloc(PAGES);
	paddr_t pa[PAGES];
	static struct probes p NOINIT;

	if (!CHECK(t, page && va))
		return;
	for (unsigned i = 0; i < PAGES; i++)
		pa[i] = page_pa(page);
	p.nr = 0;
	probes_spread(&p, va, PAGES * page_size(), 6);
	if (CHECK_EQ(t, vmalloc_map(va, pa, PAGES, PT_R | PT_W | PT_GLOBAL), 0)) {
		PROBES_ALL_PRIMED(t, &p);
		vmalloc_unmap(va, PAGES);
		PROBES_ALL_FAULT(t, &p);
	}
	vmalloc_va_free(va, PAGES);
	page_free(page, 0);
}

TEST(tlb, back_ends,
     .claim = "after an unmap or a removal by this back end every CPU faults on addresses that it "
	      "just used",
     .rows = "MB-5 S0-35 S1-43", .needs = NEED_RANGE | NEED_LEAF_TLB, .params = back_ends, .rev = 3)
{
	const struct tlb_scheme *before = tlb_selected(), *now = back_end(t);
	struct range r;

	if (!now || !range_get(t, &r, 1, "block"))
		return;
	tlb_select(now);
	unmap_primed(t);
	/* The next shape of the same addresses, which the kernel itself uses for the struct pages,
	 * may cause a TLB conflict abort where entries are stale (Arm ARM D8.17.1, K1.2.3). */
	if (!test_twin_failed(t))
		remove_primed(t, &r, -1);
	if (!test_twin_failed(t))
		remove_primed(t, &r, 0);
	tlb_select(before);
	range_reset(&r);
}
