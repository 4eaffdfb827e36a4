/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-04: the operator changes a virtio-mem device's memory.  Blocks that the operator removed are
 * unplugged when the device requests less, and added again when it requests more; the operator
 * cannot add unplugged memory.
 */
#include <mm/hotplug/subblock.h>
#include <tests/virtio/fake_mem.h>

static struct range block_range(const struct fake_mem_stage *s, u64 i)
{
	struct range r = s->r;

	r.pa += i * layout.block_bytes;
	r.len = layout.block_bytes;
	return r;
}

static void remove_by_hand(struct test_run *t, const struct fake_mem_stage *s, u64 i)
{
	struct range r = block_range(s, i);

	if (!CHECK(t, range_block(&r, 0)))
		return;
	if (range_block(&r, 0)->state == BLOCK_ONLINE)
		range_offline(t, &r);
	range_remove(t, &r);
}

static int add_by_hand(const struct fake_mem_stage *s, u64 i, struct why *why)
{
	struct range r = block_range(s, i);

	return hotplug_add(r.pa, r.len, r.node, &r.opts, NULL, why);
}

static void check_size(struct test_run *t, u64 parts)
{
	CHECK_EQ(t, fake_mem_plugged(), parts);
	CHECK_EQ(t, fake_mem_state().have, parts);
}

TEST(virtio, by_hand,
     .claim =
	     "blocks that the operator removed are unplugged, and are later added again completely",
     .rows = "V-04 X-09", .needs = NEED_RANGE)
{
	u64 block = fake_mem_per_block();
	struct why why = { 0 };
	struct fake_mem_stage s;

	if (!fake_mem_begin(t, &s))
		return;
	fake_mem_resize(block + 3);
	remove_by_hand(t, &s, 1);
	CHECK_REFUSED(t, add_by_hand(&s, 1, &why), EPERM, &why); /* only three parts are plugged */
	fake_mem_resize(block + 5);
	check_size(t, block + 5);
	CHECK(t, range_block(&s.r, 1) &&
			 block_usable(range_block(&s.r, 1)) == 5 * FAKE_MEM_PART >> page_shift());
	remove_by_hand(t, &s, 1);
	fake_mem_resize(block);
	check_size(t, block);
	remove_by_hand(t, &s, 0);
	CHECK_OK(t, add_by_hand(&s, 0, &why), &why); /* all parts are plugged */
	fake_mem_resize(0);
	check_size(t, block);
	remove_by_hand(t, &s, 0);
	fake_mem_wait();
	check_size(t, 0);
	fake_mem_end(t, &s);
}
