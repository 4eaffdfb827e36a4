/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many tests prove by the digest that nothing has changed, so each part of it must notice a change
 * of its kind, and no other part may.
 */
#include <mm/page/region.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

static struct digest was, is;

static void expect(struct test_run *t, const char *what, bool map, bool registry, bool refs,
		   bool free)
{
	digest_take(&is);
	if ((was.map != is.map) != map || (was.registry != is.registry) != registry ||
	    (was.refs != is.refs) != refs || (was.free != is.free) != free)
		test_fail(t, __FILE__, __LINE__,
			  "%s: map %s, registry %s, blocks %s, free pages %s", what,
			  was.map != is.map ? "differs" : "equal",
			  was.registry != is.registry ? "differs" : "equal",
			  was.refs != is.refs ? "differs" : "equal",
			  was.free != is.free ? "differs" : "equal");
	CHECK_EQ(t, was.word != is.word, map || registry || refs || free);
	CHECK_EQ(t, digest_compare(&was, &is, NULL) != 0, map || registry || refs || free);
}

TEST(hotplug, digest_map, .claim = "the digest detects an extra leaf, another frame, other rights",
     .rows = "S0-01")
{
	struct page *page[2] = { page_alloc_any(0, ZONE_NORMAL, 0, "digest"),
				 page_alloc_any(0, ZONE_NORMAL, 0, "digest") };
	paddr_t pa[2] = { page_pa(page[0]), page_pa(page[1]) };
	vaddr_t va = vmalloc_va_alloc(1);

	vmalloc_map(va, pa, 1, PT_R | PT_W | PT_GLOBAL); /* makes the table */
	vmalloc_unmap(va, 1);
	digest_take(&was);
	expect(t, "nothing", false, false, false, false);
	vmalloc_map(va, pa, 1, PT_R | PT_W | PT_GLOBAL);
	expect(t, "a leaf more", true, false, false, false);
	was = is;
	vmalloc_unmap(va, 1);
	vmalloc_map(va, pa + 1, 1, PT_R | PT_W | PT_GLOBAL);
	expect(t, "another frame", true, false, false, false);
	was = is;
	vmalloc_unmap(va, 1);
	vmalloc_map(va, pa + 1, 1, PT_R | PT_GLOBAL);
	expect(t, "other rights", true, false, false, false);
	vmalloc_unmap(va, 1);
	vmalloc_va_free(va, 1);
	page_free(page[0], 0);
	page_free(page[1], 0);
}

/* Zone Movable has pages only while a block is online in it. */
static void movable_page_less(struct test_run *t)
{
	struct range r;
	struct page *p;

	if (!range_get(t, &r, 1, "block") || !range_up(t, &r, ZONE_MOVABLE))
		return;
	digest_take(&was);
	p = page_alloc(r.node, ZONE_MOVABLE, 0, "digest");
	if (CHECK(t, p != NULL)) {
		expect(t, "a page of zone Movable less", false, false, false, true);
		page_free(p, 0);
	}
	expect(t, "that page is back", false, false, false, false);
	range_down(t, &r);
	range_reset(&r);
}

TEST(hotplug, digest_free,
     .claim = "the digest detects a missing free page in each zone, and counts a table as free on "
	      "its node",
     .rows = "S0-01", .needs = NEED_RANGE)
{
	struct page *p;
	paddr_t table;

	digest_take(&was);
	p = page_alloc_any(0, ZONE_NORMAL, 0, "digest");
	expect(t, "a page less", false, false, false, true);
	page_free(p, 0);
	expect(t, "the page is back", false, false, false, false);
	movable_page_less(t);
	digest_take(&was);
	table = table_alloc(0);
	expect(t, "a table that is in no tree", false, false, false, true);
	table_free(table);
	expect(t, "the table is back", false, false, false, false);
}

TEST(hotplug, digest_tables,
     .claim = "a table that an unmap leaves counts as free, since the policy may keep it",
     .rows = "S0-01 S0-08")
{
	u64 span = pt_span(kpt.fmt, 1), pages = 4 * span / page_size(), tables;
	vaddr_t all = vmalloc_va_alloc(pages), base = align_up(all, span);
	struct page *page = page_alloc_any(0, ZONE_NORMAL, 0, "digest");
	paddr_t pa;

	if (!CHECK(t, all && page))
		return;
	pa = page_pa(page);
	tables_free_empty(base, 3 * span); /* an earlier test may have left empty tables */
	tables = table_pages();
	digest_take(&was);
	CHECK_EQ(t, vmalloc_map(base + span, &pa, 1, PT_R | PT_W | PT_GLOBAL), 0);
	vmalloc_unmap(base + span, 1);
	CHECK(t, table_pages() > tables);
	expect(t, "an empty table left", false, false, false, false);
	tables_free_empty(base, 3 * span);
	CHECK_EQ(t, table_pages(), tables);
	expect(t, "the table is freed", false, false, false, false);
	page_free(page, 0);
	vmalloc_va_free(all, pages);
}

TEST(hotplug, digest_refs,
     .claim = "the digest detects a reference to a memmap, and a block's state and zone",
     .rows = "S0-01 S2-16", .needs = NEED_RANGE)
{
	struct block *b;
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	b = range_block(&r, 0);
	digest_take(&was);
	pa_page(r.pa)->refcount++;
	expect(t, "a reference more", false, false, true, false);
	pa_page(r.pa)->refcount--;
	pa_page(r.pa)->private ++;
	expect(t, "a memmap page more", false, false, true, false);
	pa_page(r.pa)->private --;
	b->zone ^= 1;
	expect(t, "another zone", false, false, true, false);
	b->zone ^= 1;
	b->held = true;
	expect(t, "a held block", false, false, true, false);
	b->held = false;
	expect(t, "all as before", false, false, false, false);
	range_remove(t, &r);
	range_reset(&r);
}

TEST(hotplug, digest_registry, .claim = "the digest detects a missing page of withheld memory",
     .rows = "S0-01 S0-02", .needs = NEED_RANGE)
{
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 1, "block"))
		return;
	digest_take(&was);
	hotplug_write_lock();
	CHECK_OK(t, region_remove(r.pa, page_size(), MEM_WITHHELD, &why), &why);
	hotplug_write_unlock();
	expect(t, "a withheld page less", false, true, false, false);
	hotplug_write_lock();
	CHECK_OK(t, region_add(r.pa, page_size(), MEM_WITHHELD, r.node, &why), &why);
	hotplug_write_unlock();
	expect(t, "it is back", false, false, false, false);
}

TEST(hotplug, registry_nodes,
     .claim = "adjacent ranges on two nodes stay two ranges, and each page keeps its node",
     .rows = "S1-29 S2-03", .needs = NEED_RANGE)
{
	const struct mem_range *low, *high;
	struct why why = { 0 };
	struct range r;
	unsigned other;

	if (!range_get(t, &r, 1, "block"))
		return;
	other = r.node ? 0 : 1;
	digest_take(&was);
	hotplug_write_lock();
	CHECK_OK(t, region_remove(r.pa, 2 * page_size(), MEM_WITHHELD, &why), &why);
	CHECK_OK(t, region_add(r.pa, page_size(), MEM_WITHHELD, r.node, &why), &why);
	CHECK_OK(t, region_add(r.pa + page_size(), page_size(), MEM_WITHHELD, other, &why), &why);
	low = region_find(MEM_WITHHELD, r.pa, page_size());
	high = region_find(MEM_WITHHELD, r.pa + page_size(), page_size());
	CHECK_EQ(t, low->node, r.node);
	CHECK_EQ(t, high->node, other);
	CHECK_EQ(t, region_node_of(r.pa + page_size()), other);
	CHECK_OK(t, region_remove(r.pa + page_size(), page_size(), MEM_WITHHELD, &why), &why);
	CHECK_OK(t, region_add(r.pa + page_size(), page_size(), MEM_WITHHELD, r.node, &why), &why);
	hotplug_write_unlock();
	expect(t, "all as before", false, false, false, false);
}
