/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-01: hot remove is the inverse of hot add, for every placement of the memmap. */
#include <tests/harness/util.h>

static int identity_count_leaf(const struct pt_slot *slot, void *arg)
{
	(void)slot;
	(*(u64 *)arg)++;
	return 0;
}

TEST(hotplug, identity,
     .claim = "add, online, offline, remove leaves no trace: digest and pages equal",
     .rows = "S0-01", .identity = true, .needs = NEED_RANGE, .params = memmap_names)
{
	struct range r;
	u64 left = 0;

	if (!range_get(t, &r, 2, t->param))
		return;
	if (range_add(t, &r) && range_online(t, &r, ZONE_MOVABLE) && range_offline(t, &r))
		range_remove(t, &r);
	pt_walk(&kpt, linear_va(r.pa), r.len, PT_ON_LEAF, identity_count_leaf, &left);
	CHECK_EQ(t, left, 0);
}

TEST(hotplug, identity_pages,
     .claim = "the same with page leaves: every table that was made is freed",
     .rows = "S0-01 S0-08", .identity = true, .needs = NEED_RANGE, .params = memmap_names)
{
	struct range r;
	u64 tables;

	if (!needs_tables_freed(t) || !range_get(t, &r, 1, t->param))
		return;
	r.opts.leaf = 0;
	tables = table_pages();
	if (range_up(t, &r, ZONE_MOVABLE))
		range_down(t, &r);
	CHECK_EQ(t, table_pages(), tables);
}
