/* SPDX-License-Identifier: BSD-2-Clause */
/* ENGINE 5: the cost of invalidating n pages with each back end; no entry is left. */
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

#define PAGES_MAX 300

static const u16 lengths[] = { 1, 2, 3, 5, 31, 63, 64, 65, 66, 129, 256, PAGES_MAX };

/* The limit is one operation for each page; with ranges it is five, and single pages up to a
 * boundary of 64 KiB. */
static u64 most(u64 pages)
{
	u64 heads = layout.fmt->va_bits > 48 ? 64 * KiB / page_size() - 1 : 0;

	return flush_ops(pages) + (flush_is("range") ? heads : 0);
}

/* Does a bound follow from the manuals?  A scheme from outside this tree may have any cost. */
static bool is_bounded(void)
{
	static const char *const known[] = { "bcast", "range", "ipi", "full", "sbi", "svinval" };

	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		if (flush_is(known[i]))
			return true;
	return false;
}

static u64 unmap_ops(vaddr_t va, u64 pages)
{
	struct tlb_stats before, after;

	tlb_stats_read(&before);
	vmalloc_unmap(va, pages);
	tlb_stats_read(&after);
	return after.ops - before.ops;
}

static void one_length(struct test_run *t, vaddr_t va, const paddr_t *pa, u64 pages)
{
	static struct probes p NOINIT;

	if (!CHECK_EQ(t, vmalloc_map(va, pa, pages, PT_R | PT_GLOBAL), 0))
		return;
	p.nr = 0;
	for (u64 i = 0, n = min_u64(pages, 8); i < n; i++) /* includes the first and the last */
		probes_add(&p, va + ((i + 1 == n ? pages - 1 : pages * i / n) << page_shift()));
	PROBES_ALL_PRIMED(t, &p);
	CHECK(t, unmap_ops(va, pages) <= most(pages) || !is_bounded());
	PROBES_ALL_FAULT(t, &p);
}

TEST(tlb, range_lengths,
     .claim = "1 to 300 pages at odd addresses: no CPU can use any page, and by range there are at "
	      "most five operations",
     .rows = "S0-35", .needs = NEED_LEAF_TLB, .rev = 2)
{
	static paddr_t pa[PAGES_MAX] NOINIT;
	struct page *frame = page_alloc_any(0, ZONE_NORMAL, 0, "range_lengths");
	vaddr_t va = vmalloc_va_alloc(PAGES_MAX + 4);

	if (CHECK(t, frame && va)) {
		for (unsigned i = 0; i < PAGES_MAX; i++)
			pa[i] = page_pa(frame);
		for (unsigned i = 0; i < ARRAY_SIZE(lengths); i++)
			one_length(t, va + (i & 3) * page_size(), pa, lengths[i]);
	}
	if (va)
		vmalloc_va_free(va, PAGES_MAX + 4);
	if (frame)
		page_free(frame, 0);
}

/* ---- lengths beyond a block ---- */

#define SPOTS 16 /* pages of a long range that are mapped; the tables between them are absent */

/* The page of the n-th spot: both ends, and odd pages between. */
static u64 spot(u64 pages, unsigned n)
{
	return n + 1 == SPOTS ? pages - 1 : pages * n / SPOTS;
}

static bool map_spots(struct test_run *t, vaddr_t va, u64 pages, paddr_t pa)
{
	for (unsigned n = 0; n < SPOTS; n++)
		if (!CHECK_EQ(t,
			      vmalloc_map(va + (spot(pages, n) << page_shift()), &pa, 1,
					  PT_R | PT_GLOBAL),
			      0))
			return false;
	return true;
}

/* Make one request for the whole range. */
static void long_range(struct test_run *t, u64 pages, paddr_t pa)
{
	static struct probes p NOINIT;
	vaddr_t va = vmalloc_va_alloc(pages + 1), begin = va + page_size();

	if (!CHECK(t, va))
		return;
	if (map_spots(t, begin, pages, pa)) {
		p.nr = 0;
		for (unsigned n = 0; n < SPOTS; n++)
			probes_add(&p, begin + (spot(pages, n) << page_shift()));
		PROBES_ALL_PRIMED(t, &p);
		vmalloc_unmap(begin, pages);
		PROBES_ALL_FAULT(t, &p);
	}
	vmalloc_va_free(va, pages + 1);
}

TEST(tlb, range_beyond,
     .claim = "up to two blocks of memory in one request, limited by the region: no CPU can use "
	      "any page",
     .rows = "S0-35", .needs = NEED_LEAF_TLB)
{
	/* the region of vmalloc may be smaller than a block (block=2G) */
	u64 most_pages = layout.r[REGION_VMALLOC].len >> page_shift() >> 2;
	u64 block = min_u64(layout.block_bytes >> page_shift(), most_pages / 2 - 3);
	const u64 pages[] = { block / 16 + 1, block / 4 - 1, block, block + 1, 2 * block + 3 };
	struct page *frame = page_alloc_any(0, ZONE_NORMAL, 0, "range_beyond");

	if (!CHECK(t, frame != NULL))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		long_range(t, pages[i], page_pa(frame));
	test_key(t, "pages=%lu", pages[ARRAY_SIZE(pages) - 1]);
	page_free(frame, 0);
}
