/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-08: for each present table, may a hot-remove free it by the policy in force? */
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

struct ask {
	enum region_id id;
	u64 inside, across, wrong;
};

static int check_policy(const struct pt_slot *slot, void *arg)
{
	struct ask *a = arg;
	const struct va_region *r = &layout.r[a->id];
	u64 span = pt_span(kpt.fmt, slot->level);
	bool inside = slot->va >= r->va && slot->va + span - 1 <= r->va + r->len - 1;
	bool may = kpt.may_free(slot->va, span, r->va, r->va + r->len);
	u32 promised = vmalloc_selected()->s.promises;

	a->inside += inside;
	a->across += !inside;
	a->wrong += may && !inside && promised & PROMISE_NEIGHBOURS;
	a->wrong += !may && inside && promised & PROMISE_FREES;
	return 0;
}

static void check_region(struct ask *a)
{
	const struct va_region *r = &layout.r[a->id];

	hotplug_read_lock();
	hotplug_walk(r->va, r->len, PT_ON_TABLE, check_policy, a);
	hotplug_read_unlock();
}

TEST(layout, floor_ceiling,
     .claim = "the policy lets a removal free tables that are wholly inside its region, and no "
	      "others",
     .rows = "S0-08 L-01 B-05", .needs = NEED_RANGE)
{
	struct ask linear = { .id = REGION_LINEAR }, vmemmap = { .id = REGION_VMEMMAP };
	struct range r;

	if (!range_get(t, &r, 1, "host"))
		return;
	r.opts.leaf = 0;
	if (!range_add(t, &r))
		return;
	check_region(&linear);
	check_region(&vmemmap);
	CHECK_EQ(t, linear.wrong + vmemmap.wrong, 0);
	CHECK(t, linear.inside > 0 && vmemmap.inside + vmemmap.across > 0);
	CHECK(t, layout.disjoint || vmemmap.across > 0);
	test_key(t, "inside=%lu across=%lu", linear.inside + vmemmap.inside,
		 linear.across + vmemmap.across);
	range_remove(t, &r);
	range_reset(&r);
}
