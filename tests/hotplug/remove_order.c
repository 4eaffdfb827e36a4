/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-02: the registry knows every page while the tables are torn down, and none afterwards. */
#include <mm/kpt.h>
#include <mm/page/region.h>
#include <tests/harness/util.h>

static u64 asked, unknown;

static void ask(const struct pt_event *e)
{
	if (e->kind != PT_EV_SET || e->new || !in_region(e->va, REGION_LINEAR) ||
	    kpt.fmt->kind(e->old, e->level) != PT_LEAF)
		return;
	asked++;
	unknown += !region_is_ram(linear_pa(e->va), e->len);
}

static const struct pt_tap ask_tap = { .name = "test.remove_order", .after = ask };
PT_TAP(test_remove_order, ask_tap);

TEST(hotplug, remove_order,
     .claim = "the registry holds each page during teardown and none after it",
     .rows = "S0-02 L-03", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	asked = unknown = 0;
	pt_tap_enable("test.remove_order", true);
	range_remove(t, &r);
	pt_tap_enable("test.remove_order", false);
	range_reset(&r);
	CHECK(t, asked > 0);
	CHECK_EQ(t, unknown, 0);
	CHECK_EQ(t, region_is_ram(r.pa, page_size()), 0);
	CHECK_EQ(t, region_is_ram(r.pa + r.len - page_size(), page_size()), 0);
}
