/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-04, S1-26: parts of a block that stays are unplugged in runs.  Each run takes one scan of the
 * free memory of its block, so the cost of a resize grows with the number of obstacles, not with
 * the square of the parts.
 */
#include <mm/hotplug/movable.h>
#include <mm/hotplug/subblock.h>
#include <tests/virtio/fake_mem.h>

TEST(virtio, runs,
     .claim = "removable parts are unplugged in one request; around a pinned page in few, and "
	      "without the part of that page",
     .rows = "V-04 S1-26", .needs = NEED_RANGE)
{
	u64 whole = fake_mem_per_block(), asked;
	struct why why = { 0 };
	struct fake_mem_stage s;
	struct movable m;
	pfn_t second;

	if (!fake_mem_begin(t, &s))
		return;
	fake_mem_resize(2 * whole);
	fake_mem_resize(whole + whole / 2);
	CHECK_EQ(t, fake_mem_plugged(), whole + whole / 2);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_UNPLUG], 1);
	fake_mem_resize(2 * whole);
	second = range_block(&s.r, 1)->first_pfn;
	if (!CHECK_OK(t, movable_alloc_in(&m, second, second + block_pages(), "runs", &why), &why))
		return;
	movable_pin(&m);
	asked = fake_mem.asked[VIRTIO_MEM_UNPLUG];
	fake_mem_resize(whole); /* the part with the page stays; one of the first block is unplugged
			       instead */
	CHECK_EQ(t, fake_mem_plugged(), whole);
	CHECK_EQ(t, block_usable(range_block(&s.r, 1)), FAKE_MEM_PART >> page_shift());
	asked = fake_mem.asked[VIRTIO_MEM_UNPLUG] - asked;
	test_key(t, "requests=%lu", asked);
	CHECK(t, asked <= 2 * (64 - (unsigned)__builtin_clzl(whole)));
	movable_unpin(&m);
	movable_free(&m);
	fake_mem_end(t, &s);
}
