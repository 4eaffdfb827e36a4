/* SPDX-License-Identifier: BSD-2-Clause */
/* S2-29, S2-32, S0-49, S2-28, S2-10: the contents of a new memmap, and the data that it must never
 * contain. */
#include <kern/probe.h>
#include <lib/string.h>
#include <tests/harness/util.h>

/* Fill the range with a pattern while it is online, so that the next add finds old data. */
static bool poison_range(struct test_run *t, struct range *r)
{
	if (!range_add(t, r))
		return false;
	memset(pa_ptr(r->pa + r->len / 2), 0xa5, r->len / 2);
	if (!range_remove(t, r))
		return false;
	r->opts.memmap = test_memmap(t, "host"); /* so that the front is writable */
	if (!range_add(t, r))
		return false;
	memset(pa_ptr(r->pa), 0xa5, r->len / 2);
	return range_remove(t, r);
}

TEST(memmap, poisoned_backing,
     .claim = "no field of a new struct page has the former contents of the memory",
     .rows = "S2-29", .needs = NEED_RANGE)
{
	u64 found = 0;
	struct range r;

	if (!range_get(t, &r, 1, "block") || !poison_range(t, &r))
		return;
	r.opts.memmap = test_memmap(t, "block");
	r.opts.memmap_now = true; /* hotplug.late_add has the other ones */
	if (!range_add(t, &r))
		return;
	for (u64 i = 0; i < r.len / page_size(); i++) {
		const u64 *word = (const u64 *)pfn_to_page((r.pa >> page_shift()) + i);

		for (int k = 0; k < 8; k++)
			found += (u32)word[k] == 0xa5a5a5a5u || (word[k] >> 32) == 0xa5a5a5a5u;
	}
	CHECK_EQ(t, found, 0);
	range_remove(t, &r);
	range_reset(&r);
}

struct table_scan {
	const struct range *r;
	u64 inside, tables;
};

static int scan_table(const struct pt_slot *slot, void *arg)
{
	struct table_scan *s = arg;

	s->tables++;
	s->inside += kpt.fmt->pa(slot->val, slot->level, slot->va) - s->r->pa < s->r->len;
	return 0;
}

/* A removable block is online as ordinary memory while tables for its neighbour are allocated. */
TEST(memmap, tables_not_in_removable,
     .claim = "no page table of the kernel is in a removable block", .rows = "S0-49 S2-32",
     .needs = NEED_RANGE)
{
	struct table_scan scan = { 0 };
	struct range r, low, high;

	if (!range_get(t, &r, 2, "block"))
		return;
	low = high = r;
	low.len = high.len = layout.block_bytes;
	high.pa += low.len;
	high.opts.leaf = 0;
	if (!range_up(t, &low, ZONE_NORMAL) || !range_add(t, &high))
		return;
	CHECK(t, high.report.tables_new > 0);
	scan.r = &r;
	hotplug_read_lock();
	for (int i = 0; i < REGION_NR; i++)
		if (layout.r[i].len)
			hotplug_walk(layout.r[i].va, layout.r[i].len, PT_ON_TABLE, scan_table,
				     &scan);
	hotplug_read_unlock();
	CHECK(t, scan.tables > 0);
	CHECK_EQ(t, scan.inside, 0);
	test_key(t, "tables=%lu", scan.tables);
	range_remove(t, &high);
	range_down(t, &low);
	range_reset(&r);
}

/* S2-28: record when memmap and linear map of the memmap's own pages are unmapped. */
static vaddr_t watch_linear;
static bool teardown(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && !e->new && e->old &&
	       (in_region(e->va, REGION_VMEMMAP) || in_region(e->va, REGION_LINEAR)) &&
	       kpt.fmt->kind(e->old, e->level) == PT_LEAF;
}

TEST(memmap, teardown_order,
     .claim = "one removal unmaps the memmap and the linear map of its pages, the memmap first",
     .rows = "S2-28", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	u32 vmemmap = ~0u, linear = ~0u;
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	watch_linear = linear_va(r.pa);
	record_begin(&recorded, teardown);
	range_remove(t, &r);
	record_end();
	for (u32 i = 0; i < recorded.nr; i++) {
		if (in_region(recorded.ev[i].va, REGION_VMEMMAP))
			vmemmap = i;
		else if (linear == ~0u)
			linear = i;
	}
	CHECK_EQ(t, recorded.lost, 0);
	CHECK(t, vmemmap != ~0u && linear != ~0u);
	CHECK(t, vmemmap < linear); /* the memmap first, while its pages are still mapped */
	CHECK_EQ(t, probe_load64(watch_linear, &(u64) { 0 }) != 0, 1);
	CHECK_EQ(t, probe_load64(ptr_va(pa_page(r.pa)), &(u64) { 0 }) != 0, 1);
	range_reset(&r);
}

TEST(memmap, flags, .claim = "an unknown placement is refused by name, nothing else is tried",
     .rows = "S2-11 S2-26")
{
	struct why why = { 0 };

	CHECK(t, !memmap_scheme_find("both", &why));
	CHECK_EQ(t, why.code, -EINVAL);
	CHECK(t,
	      strstr(why.text, "block") && strstr(why.text, "device") && strstr(why.text, "host"));
	CHECK(t, memmap_scheme_find("block", &why) != NULL);
	CHECK(t, memmap_scheme_find("device", &why) != NULL);
	CHECK(t, memmap_scheme_find("host", &why) != NULL);
}
