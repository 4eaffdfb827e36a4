/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-04: the operator in a virtio-mem device's memory: blocks that he removed go back to the
 * device when it requests less, and are added again when it requests more; he cannot add
 * unplugged memory.
 */
#include <mm/hotplug/parts.h>
#include <tests/virtio/play.h>

static struct range block_range(const struct play_stage *s, u64 i)
{
	struct range r = s->r;

	r.pa += i * layout.block_bytes;
	r.len = layout.block_bytes;
	return r;
}

static void by_hand_take_out(struct test_run *t, const struct play_stage *s, u64 i)
{
	struct range r = block_range(s, i);

	if (!CHECK(t, range_block(&r, 0)))
		return;
	if (range_block(&r, 0)->state == BLOCK_ONLINE)
		range_offline(t, &r);
	range_remove(t, &r);
}

static int put_in(const struct play_stage *s, u64 i, struct why *why)
{
	struct range r = block_range(s, i);

	return hotplug_add(r.pa, r.len, r.node, &r.opts, NULL, why);
}

static void size_is(struct test_run *t, u64 parts)
{
	CHECK_EQ(t, play_plugged(), parts);
	CHECK_EQ(t, play_state().have, parts);
}

TEST(virtio, by_hand,
     .claim = "blocks that the operator removed go back to the device, and come again whole",
     .rows = "V-04 X-09", .needs = NEED_RANGE)
{
	u64 block = play_per_block();
	struct why why = { 0 };
	struct play_stage s;

	if (!play_begin(t, &s))
		return;
	play_resize(block + 3);
	by_hand_take_out(t, &s, 1);
	CHECK_REFUSED(t, put_in(&s, 1, &why), EPERM, &why); /* only three parts are plugged */
	play_resize(block + 5);
	size_is(t, block + 5);
	CHECK(t, range_block(&s.r, 1) &&
			 block_usable(range_block(&s.r, 1)) == 5 * PLAY_PART >> page_shift());
	by_hand_take_out(t, &s, 1);
	play_resize(block);
	size_is(t, block);
	by_hand_take_out(t, &s, 0);
	CHECK_OK(t, put_in(&s, 0, &why), &why); /* all parts are plugged */
	play_resize(0);
	size_is(t, block);
	by_hand_take_out(t, &s, 0);
	play_wait();
	size_is(t, 0);
	play_end(t, &s);
}
