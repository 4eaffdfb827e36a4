/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-04: a virtio-mem device that refuses requests.  BUSY is retried after 1, 2, 4 ... 32 s, NACK
 * and ERROR when the device raises its interrupt.  Each refusal is logged once, and the memory is
 * unchanged.
 */
#include <lib/string.h>
#include <mm/hotplug/subblock.h>
#include <mm/pt/taps/inject.h>
#include <tests/virtio/fake_mem.h>

static const char *const answers[] = { "nack", "busy", "error", NULL };

static enum fake_mem_way way_of(const char *param)
{
	return !strcmp(param, "nack")   ? FAKE_MEM_NACK
	       : !strcmp(param, "busy") ? FAKE_MEM_BUSY
					: FAKE_MEM_ERROR;
}

/* Check whether the request is retried automatically; the digest is equal all the time. */
static void refusals_again(struct test_run *t, enum virtio_mem_type type, bool busy)
{
	struct digest before, after;
	struct why why = { 0 };
	u64 asked = fake_mem.asked[type];
	u32 wait = 1000;

	digest_take(&before);
	for (unsigned i = 0; i < 8; i++, wait = wait < 32000 ? 2 * wait : wait) {
		CHECK_EQ(t, fake_mem_state().back_off_ms, busy ? wait : 0);
		fake_mem_wait();
		asked += busy;
		CHECK_EQ(t, fake_mem.asked[type], asked);
	}
	fake_mem_interrupt(); /* no busy loop: one request for each step */
	CHECK_EQ(t, fake_mem.asked[type], asked + 1);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
}

static u64 counted(const char *param)
{
	return fake_mem_state().answers[way_of(param)];
}

TEST(virtio, plug_refused,
     .claim = "PLUG is retried by the kind of the refusal, with one line; nothing changes until "
	      "the device accepts, then the memory is added",
     .rows = "V-04", .needs = NEED_RANGE, .params = answers)
{
	struct fake_mem_stage s;
	u64 some = fake_mem_per_block() + 1;

	if (!fake_mem_begin(t, &s))
		return;
	fake_mem_resize(1);
	fake_mem_rule(VIRTIO_MEM_PLUG, way_of(t->param), ALWAYS);
	fake_mem_resize(some);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_PLUG], 2);
	refusals_again(t, VIRTIO_MEM_PLUG, !strcmp(t->param, "busy"));
	CHECK_EQ(t, fake_mem_remarks(&s), 1);
	CHECK_EQ(t, fake_mem_state().have, 1);
	CHECK_EQ(t, counted(t->param), fake_mem.asked[VIRTIO_MEM_PLUG] - 1);
	fake_mem_rule(VIRTIO_MEM_PLUG, FAKE_MEM_ACK, 0);
	fake_mem_interrupt();
	fake_mem_wait();
	CHECK_EQ(t, fake_mem_plugged(), some);
	CHECK_EQ(t, fake_mem_state().have, some);
	CHECK_EQ(t, fake_mem_state().back_off_ms, 0);
	fake_mem_end(t, &s);
}

TEST(virtio, unplug_part_refused,
     .claim = "a part whose UNPLUG the device refuses is used again, and unplugged later",
     .rows = "V-04", .needs = NEED_RANGE, .params = answers)
{
	struct fake_mem_stage s;
	u64 some = fake_mem_per_block() + 5;

	if (!fake_mem_begin(t, &s))
		return;
	fake_mem_resize(some);
	fake_mem_rule(VIRTIO_MEM_UNPLUG, way_of(t->param), ALWAYS);
	fake_mem_resize(some - 2);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_UNPLUG], 1);
	CHECK_EQ(t, block_usable(range_block(&s.r, 1)), 5 * FAKE_MEM_PART >> page_shift());
	refusals_again(t, VIRTIO_MEM_UNPLUG, !strcmp(t->param, "busy"));
	CHECK_EQ(t, fake_mem_remarks(&s), 1);
	CHECK_EQ(t, fake_mem_state().have, some);
	fake_mem_rule(VIRTIO_MEM_UNPLUG, FAKE_MEM_ACK, 0);
	fake_mem_interrupt();
	fake_mem_wait();
	CHECK_EQ(t, fake_mem_plugged(), some - 2);
	fake_mem_end(t, &s);
}

static bool exposing(enum fail_point point, u64 about)
{
	(void)about;
	return point == FAIL_ENTER; /* the first FAIL_ENTER is in subblock_remove() */
}

TEST(virtio, unplug_and_use_refused,
     .claim = "a part whose UNPLUG is refused, and that cannot be used again either, counts as "
	      "unplugged and is the first to be unplugged when the device accepts",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct inject how = { .at = 2, .points = BIT(FAIL_ENTER), .mine = exposing };
	struct inject_count count;
	struct fake_mem_stage s;
	u64 some = fake_mem_per_block() + 5;

	if (!fake_mem_begin(t, &s))
		return;
	fake_mem_resize(some);
	fake_mem_rule(VIRTIO_MEM_UNPLUG, FAKE_MEM_NACK, ALWAYS);
	inject_begin(&how);
	fake_mem_resize(some - 2);
	inject_end(&count);
	CHECK_EQ(t, count.failed, 1);
	CHECK_EQ(t, block_usable(range_block(&s.r, 1)), 3 * FAKE_MEM_PART >> page_shift());
	CHECK_EQ(t, fake_mem_state().have, some - 2);
	CHECK_EQ(t, fake_mem_plugged(), some);
	fake_mem_rule(VIRTIO_MEM_UNPLUG, FAKE_MEM_ACK, 0);
	fake_mem_resize(some);
	CHECK_EQ(t, fake_mem_state().have, some);
	CHECK_EQ(t, fake_mem_plugged(), some);
	fake_mem_end(t, &s);
}

TEST(virtio, unplug_block_refused,
     .claim = "UNPLUG of a removed block is retried before any other request; then the size is "
	      "right, whatever was requested meanwhile",
     .rows = "V-04", .needs = NEED_RANGE, .params = answers)
{
	struct fake_mem_stage s;
	u64 block = fake_mem_per_block();

	if (!fake_mem_begin(t, &s))
		return;
	fake_mem_resize(2 * block);
	fake_mem_rule(VIRTIO_MEM_UNPLUG, way_of(t->param), ALWAYS);
	fake_mem_resize(block);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_UNPLUG], 1);
	CHECK(t, !range_block(&s.r, 1));
	refusals_again(t, VIRTIO_MEM_UNPLUG, !strcmp(t->param, "busy"));
	CHECK_EQ(t, fake_mem_remarks(&s), 1);
	fake_mem_resize(2 * block); /* not executed while the device's state is unknown */
	CHECK(t, !range_block(&s.r, 1));
	CHECK_EQ(t, fake_mem_remarks(&s), 1); /* for the new size */
	fake_mem_rule(VIRTIO_MEM_UNPLUG, FAKE_MEM_ACK, 0);
	fake_mem_interrupt();
	fake_mem_wait();
	CHECK_EQ(t, fake_mem_plugged(), 2 * block);
	CHECK(t, range_block(&s.r, 1) && range_block(&s.r, 1)->state == BLOCK_ONLINE);
	fake_mem_end(t, &s);
}

TEST(virtio, unplug_all_refused,
     .claim = "memory that a former boot left plugged is unplugged before any is plugged, however "
	      "often the device refuses",
     .rows = "V-04", .needs = NEED_RANGE, .params = answers)
{
	struct why why = { 0 };
	struct fake_mem_stage s;

	if (!fake_mem_new(t, &s))
		return;
	fake_mem.bits[0] = 0x5a;
	fake_mem.config.plugged = 4 * FAKE_MEM_PART;
	fake_mem.config.requested = 3 * FAKE_MEM_PART;
	fake_mem_rule(VIRTIO_MEM_UNPLUG_ALL, way_of(t->param), ALWAYS);
	CHECK_OK(t, fake_mem_start(&why), &why);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_UNPLUG_ALL], 1);
	refusals_again(t, VIRTIO_MEM_UNPLUG_ALL, !strcmp(t->param, "busy"));
	CHECK_EQ(t, fake_mem_remarks(&s), 1);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_PLUG], 0);
	fake_mem_rule(VIRTIO_MEM_UNPLUG_ALL, FAKE_MEM_ACK, 0);
	fake_mem_interrupt();
	fake_mem_wait();
	CHECK_EQ(t, fake_mem_plugged(), 3);
	fake_mem_end(t, &s);
}

TEST(virtio, add_refused,
     .claim = "parts that cannot be added are unplugged at once, or when the device accepts, and "
	      "are not plugged again before the size changes",
     .rows = "V-04 V-08", .needs = NEED_RANGE)
{
	struct fake_mem_stage s;
	struct range own;

	if (!fake_mem_begin(t, &s))
		return;
	own = s.r; /* other memory is present already */
	CHECK_EQ(t, range_known(&own, true), 0);
	fake_mem_resize(3);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_PLUG], 1);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_UNPLUG], 1);
	fake_mem_interrupt();
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_PLUG], 1);
	fake_mem_rule(VIRTIO_MEM_UNPLUG, FAKE_MEM_BUSY, 2);
	fake_mem_resize(4);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_PLUG], 2);
	CHECK_EQ(t, fake_mem_plugged(), 4);
	CHECK_EQ(t, fake_mem_state().back_off_ms, 1000);
	fake_mem_wait();
	fake_mem_wait();
	CHECK_EQ(t, fake_mem_plugged(), 0);
	CHECK_EQ(t, fake_mem.asked[VIRTIO_MEM_PLUG], 2);
	CHECK_EQ(t, range_known(&own, false), 0);
	fake_mem_resize(5);
	CHECK_EQ(t, fake_mem_plugged(), 5);
	fake_mem_end(t, &s);
}
