/* SPDX-License-Identifier: BSD-2-Clause */
/* S2-02, S2-14, S2-25, S2-33, S0-33: the number of pages that each placement uses, and their
 * source. */
#include <lib/string.h>
#include <tests/harness/util.h>

static u64 vmemmap_pages(u64 len)
{
	return memmap_bytes(len / page_size()) / page_size();
}

TEST(memmap, accounting,
     .claim = "old memory used: for a self-hosted memmap only tables, for host also the memmap; "
	      "all freed",
     .rows = "S2-02 S0-33 X-04 S2-25", .needs = NEED_RANGE, .params = memmap_names)
{
	bool host = !strcmp(t->param, "host");
	u64 free_before, tables_before, tables;
	struct range r;

	if (!range_get(t, &r, 2, t->param))
		return;
	free_before = buddy_free_total();
	tables_before = table_pages();
	if (!range_add(t, &r))
		return;
	tables = table_pages() - tables_before;
	CHECK_EQ(t, r.report.tables_new, tables);
	CHECK_EQ(t, free_before - buddy_free_total(), tables + (host ? vmemmap_pages(r.len) : 0));
	CHECK_EQ(t, r.report.memmap_host_bytes, host ? vmemmap_pages(r.len) * page_size() : 0);
	CHECK_EQ(t, r.report.usable_pages, r.len / page_size() - (host ? 0 : vmemmap_pages(r.len)));
	range_remove(t, &r);
	CHECK_EQ(t, buddy_free_total(), free_before);
	range_reset(&r);
}

TEST(memmap, online_offline_count,
     .claim = "onlining frees exactly the usable pages to the allocator, offlining takes exactly "
	      "them",
     .rows = "S2-33 S2-10", .rev = 2, .needs = NEED_RANGE, .params = memmap_names)
{
	u64 usable, before, shadow;
	struct range r;

	if (!range_get(t, &r, 1, t->param) || !range_add(t, &r))
		return;
	before = buddy_free_total();
	shadow = range_shadow_pages(&r);
	usable = r.len / page_size() - (strcmp(t->param, "host") ? vmemmap_pages(r.len) : 0);
	range_online(t, &r, ZONE_MOVABLE);
	CHECK_EQ(t, buddy_free_total() - before, usable - shadow);
	CHECK_EQ(t, buddy_managed_pages(r.node, ZONE_MOVABLE), usable);
	range_offline(t, &r);
	CHECK_EQ(t, buddy_free_total(), before);
	range_remove(t, &r);
	range_reset(&r);
}

TEST(memmap, contiguity,
     .claim = "device leaves one long usable run, block one run for each block; the totals are "
	      "equal",
     .rows = "S2-14 L-06", .needs = NEED_GIB)
{
	u64 total[2], run[2], blocks = max_u64(1, GiB / layout.block_bytes), usable;
	static const char *const name[2] = { "device", "block" };
	struct range r;

	for (int i = 0; i < 2; i++) {
		if (!range_get(t, &r, blocks, name[i]) || !range_add(t, &r) ||
		    !range_online(t, &r, ZONE_MOVABLE))
			return;
		total[i] = buddy_managed_pages(r.node, ZONE_MOVABLE);
		run[i] = buddy_longest_run(r.node, ZONE_MOVABLE);
		range_reset(&r);
	}
	usable = r.len / page_size() - vmemmap_pages(r.len);
	CHECK_EQ(t, total[0], total[1]);
	CHECK_EQ(t, total[0], usable);
	CHECK_EQ(t, run[0], usable);
	CHECK_EQ(t, run[1], block_pages() - vmemmap_pages(layout.block_bytes));
}
