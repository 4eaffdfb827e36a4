/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-02: the registry knows every page while the tables are torn down, and none afterwards. */
#include <mm/kernel/kpt.h>
#include <mm/page/page.h>
#include <mm/page/region.h>
#include <tests/harness/util.h>

static u64 checked[2], unknown; /* leaves of the linear map and of the vmemmap */

/* Does the registry hold the pages whose struct pages a leaf of the vmemmap maps? */
static bool described_are_ram(vaddr_t va, u64 len)
{
	pfn_t first = page_to_pfn((const struct page *)va_ptr(va));

	return region_is_ram(first << page_shift(), len / sizeof(struct page) << page_shift());
}

static void check_leaf(const struct pt_event *e)
{
	if (e->kind != PT_EV_SET || e->new || kpt.fmt->kind(e->old, e->level) != PT_LEAF)
		return;
	if (in_region(e->va, REGION_LINEAR)) {
		checked[0]++;
		unknown += !region_is_ram(linear_pa(e->va), e->len);
	} else if (in_region(e->va, REGION_VMEMMAP)) {
		checked[1]++;
		unknown += !described_are_ram(e->va, e->len);
	}
}

static const struct pt_tap check_tap = { .name = "test.remove_order", .after = check_leaf };
PT_TAP(test_remove_order, check_tap);

TEST(hotplug, remove_order,
     .claim = "the registry holds each page during teardown and none after it",
     .rows = "S0-02 L-03", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	struct range r;
	u64 left = 0;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	checked[0] = checked[1] = unknown = 0;
	pt_tap_enable("test.remove_order", true);
	range_remove(t, &r);
	pt_tap_enable("test.remove_order", false);
	range_reset(&r);
	CHECK(t, checked[0] > 0 && checked[1] > 0);
	CHECK_EQ(t, unknown, 0);
	for (u64 at = 0; at < r.len; at += page_size())
		left += region_is_ram(r.pa + at, page_size());
	CHECK_EQ(t, left, 0);
}
