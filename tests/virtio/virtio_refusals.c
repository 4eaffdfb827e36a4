/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-04: a virtio-mem device that refuses.  BUSY is retried after 1, 2, 4 ... 32 s, NACK and
 * ERROR when the device raises its interrupt; each is logged once, and the memory stays as it
 * was.
 */
#include <lib/string.h>
#include <mm/hotplug/parts.h>
#include <mm/pt/taps/inject.h>
#include <tests/virtio/play.h>

static const char *const answers[] = { "nack", "busy", "error", NULL };

static enum play_way way_of(const char *param)
{
	return !strcmp(param, "nack") ? PLAY_NACK : !strcmp(param, "busy") ? PLAY_BUSY : PLAY_ERROR;
}

/* Whether it is retried automatically; the digest is equal all the time. */
static void refusals_again(struct test_run *t, enum virtio_mem_type type, bool busy)
{
	struct digest before, after;
	struct why why = { 0 };
	u64 asked = play.asked[type];
	u32 wait = 1000;

	digest_take(&before);
	for (unsigned i = 0; i < 8; i++, wait = wait < 32000 ? 2 * wait : wait) {
		CHECK_EQ(t, play_state().back_off_ms, busy ? wait : 0);
		play_wait();
		asked += busy;
		CHECK_EQ(t, play.asked[type], asked);
	}
	play_interrupt(); /* no busy loop: one step, one request */
	CHECK_EQ(t, play.asked[type], asked + 1);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
}

static u64 counted(const char *param)
{
	return play_state().answers[way_of(param)];
}

TEST(virtio, plug_refused,
     .claim = "a device that refuses PLUG is asked again as it says, in one line; nothing changes, "
	      "and when it is willing the memory comes",
     .rows = "V-04", .needs = NEED_RANGE, .params = answers)
{
	struct play_stage s;
	u64 some = play_per_block() + 1;

	if (!play_begin(t, &s))
		return;
	play_resize(1);
	play_rule(VIRTIO_MEM_PLUG, way_of(t->param), ALWAYS);
	play_resize(some);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_PLUG], 2);
	refusals_again(t, VIRTIO_MEM_PLUG, !strcmp(t->param, "busy"));
	CHECK_EQ(t, play_remarks(&s), 1);
	CHECK_EQ(t, play_state().have, 1);
	CHECK_EQ(t, counted(t->param), play.asked[VIRTIO_MEM_PLUG] - 1);
	play_rule(VIRTIO_MEM_PLUG, PLAY_ACK, 0);
	play_interrupt();
	play_wait();
	CHECK_EQ(t, play_plugged(), some);
	CHECK_EQ(t, play_state().have, some);
	CHECK_EQ(t, play_state().back_off_ms, 0);
	play_end(t, &s);
}

TEST(virtio, unplug_part_refused,
     .claim = "a part that the device does not take back is used again, and asked back later",
     .rows = "V-04", .needs = NEED_RANGE, .params = answers)
{
	struct play_stage s;
	u64 some = play_per_block() + 5;

	if (!play_begin(t, &s))
		return;
	play_resize(some);
	play_rule(VIRTIO_MEM_UNPLUG, way_of(t->param), ALWAYS);
	play_resize(some - 2);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_UNPLUG], 1);
	CHECK_EQ(t, block_usable(range_block(&s.r, 1)), 5 * PLAY_PART >> page_shift());
	refusals_again(t, VIRTIO_MEM_UNPLUG, !strcmp(t->param, "busy"));
	CHECK_EQ(t, play_remarks(&s), 1);
	CHECK_EQ(t, play_state().have, some);
	play_rule(VIRTIO_MEM_UNPLUG, PLAY_ACK, 0);
	play_interrupt();
	play_wait();
	CHECK_EQ(t, play_plugged(), some - 2);
	play_end(t, &s);
}

static bool exposing(enum fail_point point, u64 about)
{
	(void)about;
	return point == FAIL_ENTER; /* the first FAIL_ENTER is in hotplug_conceal() */
}

TEST(virtio, unplug_and_use_refused,
     .claim = "a part that the device does not take back, and that cannot be used again either, "
	      "counts as given back and is the first that goes when the device is willing",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct inject how = { .at = 2, .points = BIT(FAIL_ENTER), .mine = exposing };
	struct inject_count count;
	struct play_stage s;
	u64 some = play_per_block() + 5;

	if (!play_begin(t, &s))
		return;
	play_resize(some);
	play_rule(VIRTIO_MEM_UNPLUG, PLAY_NACK, ALWAYS);
	inject_begin(&how);
	play_resize(some - 2);
	inject_end(&count);
	CHECK_EQ(t, count.failed, 1);
	CHECK_EQ(t, block_usable(range_block(&s.r, 1)), 3 * PLAY_PART >> page_shift());
	CHECK_EQ(t, play_state().have, some - 2);
	CHECK_EQ(t, play_plugged(), some);
	play_rule(VIRTIO_MEM_UNPLUG, PLAY_ACK, 0);
	play_resize(some);
	CHECK_EQ(t, play_state().have, some);
	CHECK_EQ(t, play_plugged(), some);
	play_end(t, &s);
}

TEST(virtio, unplug_block_refused,
     .claim = "a block that went and that the device does not take back is offered again, before "
	      "anything else; then the size is right, whichever was asked for meanwhile",
     .rows = "V-04", .needs = NEED_RANGE, .params = answers)
{
	struct play_stage s;
	u64 block = play_per_block();

	if (!play_begin(t, &s))
		return;
	play_resize(2 * block);
	play_rule(VIRTIO_MEM_UNPLUG, way_of(t->param), ALWAYS);
	play_resize(block);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_UNPLUG], 1);
	CHECK(t, !range_block(&s.r, 1));
	refusals_again(t, VIRTIO_MEM_UNPLUG, !strcmp(t->param, "busy"));
	CHECK_EQ(t, play_remarks(&s), 1);
	play_resize(2 * block); /* not granted while the device's state is unknown */
	CHECK(t, !range_block(&s.r, 1));
	CHECK_EQ(t, play_remarks(&s), 1); /* for the new size */
	play_rule(VIRTIO_MEM_UNPLUG, PLAY_ACK, 0);
	play_interrupt();
	play_wait();
	CHECK_EQ(t, play_plugged(), 2 * block);
	CHECK(t, range_block(&s.r, 1) && range_block(&s.r, 1)->state == BLOCK_ONLINE);
	play_end(t, &s);
}

TEST(virtio, unplug_all_refused,
     .claim = "what a life before left plugged is unplugged before anything is plugged, however "
	      "often the device refuses it",
     .rows = "V-04", .needs = NEED_RANGE, .params = answers)
{
	struct why why = { 0 };
	struct play_stage s;

	if (!play_new(t, &s))
		return;
	play.bits[0] = 0x5a;
	play.config.plugged = 4 * PLAY_PART;
	play.config.requested = 3 * PLAY_PART;
	play_rule(VIRTIO_MEM_UNPLUG_ALL, way_of(t->param), ALWAYS);
	CHECK_OK(t, play_start(&why), &why);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_UNPLUG_ALL], 1);
	refusals_again(t, VIRTIO_MEM_UNPLUG_ALL, !strcmp(t->param, "busy"));
	CHECK_EQ(t, play_remarks(&s), 1);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_PLUG], 0);
	play_rule(VIRTIO_MEM_UNPLUG_ALL, PLAY_ACK, 0);
	play_interrupt();
	play_wait();
	CHECK_EQ(t, play_plugged(), 3);
	play_end(t, &s);
}

TEST(virtio, add_refused,
     .claim = "parts that cannot be added go back at once, or when the device takes them, and are "
	      "not plugged again before the size changes",
     .rows = "V-04 V-08", .needs = NEED_RANGE)
{
	struct play_stage s;
	struct range own;

	if (!play_begin(t, &s))
		return;
	own = s.r; /* other memory is there already */
	CHECK_EQ(t, range_known(&own, true), 0);
	play_resize(3);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_PLUG], 1);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_UNPLUG], 1);
	play_interrupt();
	CHECK_EQ(t, play.asked[VIRTIO_MEM_PLUG], 1);
	play_rule(VIRTIO_MEM_UNPLUG, PLAY_BUSY, 2);
	play_resize(4);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_PLUG], 2);
	CHECK_EQ(t, play_plugged(), 4);
	CHECK_EQ(t, play_state().back_off_ms, 1000);
	play_wait();
	play_wait();
	CHECK_EQ(t, play_plugged(), 0);
	CHECK_EQ(t, play.asked[VIRTIO_MEM_PLUG], 2);
	CHECK_EQ(t, range_known(&own, false), 0);
	play_resize(5);
	CHECK_EQ(t, play_plugged(), 5);
	play_end(t, &s);
}
