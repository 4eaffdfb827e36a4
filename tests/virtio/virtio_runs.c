/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-04, S1-26: parts of a block that stays are unplugged in runs.  Each run costs one scan of
 * the free memory of its block, so the cost of a resize grows with the obstacles, not with the
 * square of the parts.
 */
#include <mm/hotplug/movable.h>
#include <mm/hotplug/parts.h>
#include <tests/virtio/play.h>

TEST(virtio, runs,
     .claim = "parts that can go are given back in one request, and around a page that cannot move "
	      "in few, but for the part it lies in",
     .rows = "V-04 S1-26", .needs = NEED_RANGE)
{
	u64 whole = play_per_block(), asked;
	struct why why = { 0 };
	struct play_stage s;
	struct movable m;
	pfn_t second;

	if (!play_begin(t, &s))
		return;
	play_resize(2 * whole);
	play_resize(whole + whole / 2);
	CHECK_EQ(t, play_plugged(), whole + whole / 2);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_UNPLUG], 1);
	play_resize(2 * whole);
	second = range_block(&s.r, 1)->first_pfn;
	if (!CHECK_OK(t, movable_alloc_in(&m, second, second + block_pages(), "runs", &why), &why))
		return;
	movable_pin(&m);
	asked = play.asked[VIRTIO_MEM_UNPLUG];
	play_resize(whole); /* the part with the page stays; one of the first block is unplugged
			       instead */
	CHECK_EQ(t, play_plugged(), whole);
	CHECK_EQ(t, block_usable(range_block(&s.r, 1)), PLAY_PART >> page_shift());
	asked = play.asked[VIRTIO_MEM_UNPLUG] - asked;
	test_key(t, "requests=%lu", asked);
	CHECK(t, asked <= 2 * (64 - (unsigned)__builtin_clzl(whole)));
	movable_unpin(&m);
	movable_free(&m);
	play_end(t, &s);
}
