/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of a block, by block and page size: pages of memmap, sections that use it, usable
 * pages, leaves.  block= and geometry= select other rows; the row of this boot is checked.
 */
#include <tests/harness/util.h>

static const struct memmap_numbers {
	u64 page, block;
	u64 memmap, sections, usable; /* pages */
	u64 leaves, vmemmap_leaves;   /* of the largest size that fits */
} numbers[] = {
	{ 4 * KiB, 128 * MiB, 512, 1, 32256, 64, 1 },
	{ 4 * KiB, GiB, 4096, 8, 258048, 1, 8 },
	{ 4 * KiB, 2 * GiB, 8192, 16, 516096, 2, 16 },
	{ 16 * KiB, 128 * MiB, 32, 1, 8160, 4, 32 },
	{ 16 * KiB, GiB, 256, 8, 65280, 32, 256 },
	{ 16 * KiB, 2 * GiB, 512, 16, 130560, 64, 512 },
	{ 64 * KiB, 512 * MiB, 8, 1, 8184, 1, 8 },
	{ 64 * KiB, GiB, 16, 2, 16368, 2, 16 },
	{ 64 * KiB, 2 * GiB, 32, 4, 32736, 4, 32 },
};

static const struct memmap_numbers *numbers_row(struct test_run *t)
{
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i].block == layout.block_bytes && numbers[i].page == page_size())
			return &numbers[i];
	test_skip(t, "no row for blocks of %lu MiB and pages of %lu KiB",
		  (layout.block_bytes / MiB), page_size() / KiB);
	return NULL;
}

/* A GiB leaf is possible unless it is an entry of the root, which may have to stay constant. */
static u64 linear_leaves(const struct memmap_numbers *n)
{
	bool gib = pt_leaf_ok(kpt.fmt, 2) && kpt.fmt->levels > 3;

	return n->page == 4 * KiB && n->block >= GiB && !gib ? n->block / pt_span(kpt.fmt, 1)
							     : n->leaves;
}

TEST(memmap, numbers_block,
     .claim =
	     "one block: 512, 32 or 8 pages of memmap a section by page size, all used by sections",
     .rows = "S2-12 S2-16 S2-18 S2-22 S2-30 S0-37", .needs = NEED_RANGE)
{
	const struct memmap_numbers *n = numbers_row(t);
	struct range r;

	if (!n || !range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	CHECK_EQ(t, r.report.memmap_pages, n->memmap);
	CHECK_EQ(t, r.report.usable_pages, n->usable);
	CHECK_EQ(t, r.report.leaves, linear_leaves(n));
	CHECK_EQ(t, r.report.vmemmap_leaves, n->vmemmap_leaves);
	CHECK_EQ(t, pa_page(r.pa)->refcount, n->sections);
	CHECK_EQ(t, pa_page(r.pa)->private, n->memmap);
	range_remove(t, &r);
	CHECK_EQ(t, r.report.leaves, linear_leaves(n));
	CHECK_EQ(t, r.report.memmap_pages, n->memmap);
	range_reset(&r);
}

TEST(memmap, numbers_device,
     .claim = "two blocks by device have twice the memmap under one head, removed with the second",
     .rows = "S2-13 S2-16 S2-17 S2-19", .needs = NEED_RANGE)
{
	const struct memmap_numbers *n = numbers_row(t);
	struct why why = { 0 };
	struct range r;

	if (!n || !range_get(t, &r, 2, "device") || !range_add(t, &r))
		return;
	CHECK_EQ(t, pa_page(r.pa)->refcount, 2 * n->sections);
	CHECK_EQ(t, pa_page(r.pa)->private, 2 * n->memmap);
	CHECK_EQ(t, range_block(&r, 0)->altmap_pages, 2 * n->memmap);
	CHECK_EQ(t, range_block(&r, 1)->altmap_pages, 0);
	range_online(t, &r, ZONE_MOVABLE);
	CHECK_EQ(t, r.report.usable_pages, 2 * n->usable);
	range_offline(t, &r);
	CHECK_OK(t, hotplug_remove(r.pa, n->block, &r.opts, NULL, &why), &why);
	CHECK_EQ(t, pa_page(r.pa)->refcount, n->sections);
	CHECK_OK(t, hotplug_remove(r.pa + n->block, n->block, &r.opts, NULL, &why), &why);
	CHECK_OK(t, hotplug_may_release(r.pa, r.len, &why), &why);
	range_reset(&r);
}

TEST(memmap, longer_than_a_block,
     .claim = "memmap of 65 blocks fills the first block and part of the second",
     .rows = "S2-13 S2-19", .identity = true, .needs = NEED_RANGE)
{
	u64 own = memmap_bytes(65 * block_pages()) / page_size();
	struct why why = { 0 };
	struct range r;

	if (own <= block_pages()) {
		test_skip(t, "memmap of 65 blocks fits into one block here");
		return;
	}
	if (!range_get(t, &r, 65, "device"))
		return;
	if (!range_up(t, &r, ZONE_MOVABLE))
		return;
	CHECK_EQ(t, range_block(&r, 0)->altmap_pages, block_pages());
	CHECK_EQ(t, range_block(&r, 1)->altmap_pages, own - block_pages());
	CHECK_EQ(t, r.report.usable_pages, r.len / page_size() - own);
	range_offline(t, &r);
	for (u64 i = 0; i < 65; i++)
		CHECK_OK(t,
			 hotplug_remove(r.pa + i * layout.block_bytes, layout.block_bytes, &r.opts,
					NULL, &why),
			 &why);
}
