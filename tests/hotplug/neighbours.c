/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-20, S0-37, S0-48, S0-08: a removal does not touch its neighbours, frees its tables, and a
 * later add may use other leaves. */
#include <lib/hash.h>
#include <tests/harness/util.h>

static int neighbours_hash_leaf(const struct pt_slot *slot, void *arg)
{
	u64 *h = arg;

	*h = hash_u64(hash_u64(*h, slot->va), slot->val);
	return 0;
}

static u64 hash_map(paddr_t pa, u64 len)
{
	u64 h = 0;

	pt_walk(&kpt, linear_va(pa), len, PT_ON_LEAF, neighbours_hash_leaf, &h);
	pt_walk(&kpt, ptr_va(pa_page(pa)), memmap_bytes(len / page_size()), PT_ON_LEAF,
		neighbours_hash_leaf, &h);
	return h;
}

TEST(hotplug, neighbours_intact,
     .claim = "the removal of the middle block leaves both neighbours unchanged",
     .rows = "S0-20 S0-21", .needs = NEED_RANGE)
{
	u64 block = layout.block_bytes, low, high;
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 3, "block") || !range_add(t, &r))
		return;
	low = hash_map(r.pa, block);
	high = hash_map(r.pa + 2 * block, block);
	CHECK_OK(t, hotplug_remove(r.pa + block, block, &r.opts, NULL, &why), &why);
	CHECK_EQ(t, hash_map(r.pa, block), low);
	CHECK_EQ(t, hash_map(r.pa + 2 * block, block), high);
	CHECK_EQ(t, hash_map(r.pa + block, block), 0);
	range_reset(&r);
}

TEST(hotplug, granularity,
     .claim = "blocks may be removed one by one in any order, or as a whole; adds may be grouped "
	      "differently",
     .rows = "S2-12 S2-20 S0-37 X-09", .identity = true, .needs = NEED_RANGE,
     .params = memmap_names)
{
	static const u8 order[2][4] = { { 2, 0, 3, 1 }, { 3, 2, 1, 0 } };
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 4, t->param))
		return;
	for (int k = 0; k < 2; k++) {
		if (!range_add(t, &r) || !range_online(t, &r, ZONE_MOVABLE) ||
		    !range_offline(t, &r))
			return;
		for (int i = 0; i < 4; i++)
			CHECK_OK(t,
				 hotplug_remove(r.pa + order[k][i] * layout.block_bytes,
						layout.block_bytes, &r.opts, NULL, &why),
				 &why);
	}
	for (u64 i = 0; i < 4; i++) /* added one by one, removed at once */
		CHECK_OK(t,
			 hotplug_add(r.pa + i * layout.block_bytes, layout.block_bytes, r.node,
				     &r.opts, NULL, &why),
			 &why);
	range_remove(t, &r);
}

TEST(hotplug, shape_flip,
     .claim = "page leaves, large leaves, and page leaves again over one range leave no trace of "
	      "each other",
     .rows = "S0-48", .identity = true, .needs = NEED_RANGE)
{
	struct range r;
	u64 large = 0;

	if (!needs_tables_freed(t) || !range_get(t, &r, 1, "block"))
		return;
	for (int i = 0; i < 8 && !test_aborted(); i++) {
		r.opts.leaf = i & 1 ? 0 : -1;
		if (!range_add(t, &r))
			return;
		if (!i)
			large = r.report.leaves;
		CHECK_EQ(t, r.report.leaves, i & 1 ? block_pages() : large);
		if (!range_remove(t, &r))
			return;
	}
	CHECK(t, large < block_pages());
}

/* Leave an empty table of pages where an add would use a large leaf. */
static bool leave_table(struct test_run *t, vaddr_t va, paddr_t pa)
{
	struct pt_gather g;
	struct pt_plan plan;
	struct why why = { 0 };

	if (!CHECK_OK(t, pt_plan(&kpt, &plan, PT_OP_MAP, va, page_size(), 0, 0, &why), &why))
		return false;
	pt_map(&plan, pa, PT_R | PT_W | PT_GLOBAL);
	pt_plan_end(&plan);
	pt_plan_sure(&kpt, &plan, PT_OP_UNMAP, va, page_size());
	pt_gather_begin(&g, &kpt, NULL, 0);
	pt_unmap(&plan, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	pt_plan_end(&plan);
	return true;
}

static bool table_by_leaf(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && e->new &&kpt.fmt->kind(e->new, e->level) == PT_LEAF &&
	       e->level;
}

TEST(hotplug, retained_met,
     .claim = "an add with large leaves that finds an empty table maps its pages in it: never "
	      "table -> block in one store",
     .rows = "S0-48 S0-08", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	u64 span = pt_span(kpt.fmt, 1), tables = table_pages();
	struct pt_slot slot;
	struct range r;
	vaddr_t va;

	if (!range_get(t, &r, 1, "host"))
		return;
	if (r.len < 4 * span || !pt_leaf_ok(kpt.fmt, 1)) {
		test_skip(t, "a block is fewer than four large leaves here");
		return;
	}
	va = linear_va(r.pa) + 2 * span; /* neither the first nor the last cell */
	if (!leave_table(t, va, r.pa + 2 * span))
		return;
	record_begin(&recorded, table_by_leaf);
	if (!range_add(t, &r))
		return;
	record_end();
	for (u32 i = 0; i < recorded.nr; i++)
		CHECK(t, va - recorded.ev[i].va >= recorded.ev[i].len);
	for (u64 at = 0; at < r.len; at += span / 2)
		CHECK_EQ(t, pt_translate(&kpt, linear_va(r.pa + at)), r.pa + at);
	pt_lookup(&kpt, va, &slot);
	CHECK_EQ(t, slot.level, 0);
	pt_lookup(&kpt, va - span, &slot);
	CHECK(t, slot.level > 0);
	range_remove(t, &r);
	CHECK_EQ(t, table_pages(), tables);
	range_reset(&r);
}

TEST(hotplug, retained_tables,
     .claim = "floor-ceiling keeps no table of the range; adding it again needs as many as before",
     .rows = "S0-08 S0-16 L-01", .needs = NEED_RANGE)
{
	u64 tables, first;
	struct range r;

	if (!needs_tables_freed(t) || !range_get(t, &r, 1, "host"))
		return;
	r.opts.leaf = 0;
	tables = table_pages();
	if (!range_add(t, &r))
		return;
	first = r.report.tables_new;
	CHECK(t, first >= block_pages() >> layout.fmt->bits[0]);
	range_remove(t, &r);
	CHECK_EQ(t, r.report.tables_freed, first);
	CHECK_EQ(t, table_pages(), tables);
	if (range_add(t, &r))
		CHECK_EQ(t, r.report.tables_new, first);
	range_remove(t, &r);
	range_reset(&r);
}
