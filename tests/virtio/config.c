/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-04: a virtio-mem device's configuration: changes in the middle of a read, a usable region
 * that lags behind or shrinks, and devices that cannot be started.
 */
#include <lib/string.h>
#include <mm/page/buddy.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/virtio/play.h>

static void audit(struct test_run *t)
{
	struct why why = { 0 };
	u64 parts;

	CHECK_OK(t, virtio_mem_audit(&parts, &why), &why);
}

static void usable_went_size_came(struct play *p)
{
	p->config.usable = PLAY_PART;
	p->config.requested = 9 * PLAY_PART;
}

TEST(virtio, generation,
     .claim = "a configuration that changes in the middle of its reading is read again: no part "
	      "beyond the usable region is asked for",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct play_stage s;

	if (!play_begin(t, &s))
		return;
	play_resize(1);
	play.change = usable_went_size_came;
	play_interrupt();
	CHECK_EQ(t, play_plugged(), 1);
	CHECK_EQ(t, play.wrong, 0);
	play.config.usable = s.r.len;
	play_interrupt();
	CHECK_EQ(t, play_plugged(), 9);
	play_end(t, &s);
}

TEST(virtio, restless,
     .claim = "a configuration that never stands still costs one line and a look after 1, 2, 4 s; "
	      "when it does, the size is followed",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct play_stage s;

	if (!play_begin(t, &s))
		return;
	play_resize(1);
	play.restless = ALWAYS;
	play_resize(5);
	for (u32 wait = 1000; wait <= 32000; wait *= 2) {
		CHECK_EQ(t, play_state().back_off_ms, wait);
		play_wait();
	}
	CHECK_EQ(t, play_remarks(&s), 1);
	CHECK_EQ(t, play_plugged(), 1);
	play.restless = 3; /* a few changes are tolerated */
	play_wait();
	CHECK_EQ(t, play_plugged(), 5);
	CHECK_EQ(t, play_remarks(&s), 0);
	play_end(t, &s);
}

TEST(virtio, usable,
     .claim = "a usable region that lags is followed as it grows, without a request beyond it; one "
	      "that shrinks below what is plugged changes nothing, and all of it can go",
     .rows = "V-04 S1-24", .needs = NEED_RANGE)
{
	u64 some = play_per_block() + 1;
	struct play_stage s;

	if (!play_begin(t, &s))
		return;
	play.config.usable = 10 * PLAY_PART;
	play_resize(some);
	CHECK_EQ(t, play_plugged(), 10);
	play.config.usable = 10 * PLAY_PART + PLAY_PART / 2; /* half a part does not count */
	play_interrupt();
	CHECK_EQ(t, play_plugged(), 10);
	play.config.usable = s.r.len;
	play_interrupt();
	CHECK_EQ(t, play_plugged(), some);
	play.config.usable = 3 * PLAY_PART;
	play_interrupt();
	CHECK_EQ(t, play_plugged(), some);
	audit(t);
	play.config.usable = ALWAYS;
	play_resize(0x7ffffffffful); /* beyond the region: all of it */
	CHECK_EQ(t, play_plugged(), PLAY_BLOCKS * play_per_block());
	CHECK_EQ(t, play_remarks(&s), 0);
	play.config.usable = 0;
	play_end(t, &s);
}

static const u16 odd[] = { 1, 65, 2, 64, 127, 63, 128, 0, 66, 33 };

TEST(virtio, sizes,
     .claim = "every odd size on the way up and down is met to the part, by the device's account "
	      "and by ours",
     .rows = "S1-20 S1-24 S1-25 S1-26 V-04", .needs = NEED_RANGE)
{
	struct play_stage s;

	if (!play_begin(t, &s))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(odd); i++) {
		u64 parts = odd[i] * play_per_block() / 64;

		play_resize(parts);
		CHECK_EQ(t, play_plugged(), parts);
		audit(t);
	}
	for (unsigned i = 0; i < 6; i++) {
		u64 parts = rng_below(&t->rng, 2 * play_per_block() + 1);

		play_resize(parts);
		CHECK_EQ(t, play_plugged(), parts);
	}
	audit(t);
	play_end(t, &s);
}

TEST(virtio, vector,
     .claim =
	     "whether a device takes the entry of MSI-X for its configuration is asked back, and a "
	     "device that is gone takes none",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct play_stage s;

	if (!play_new(t, &s))
		return;
	CHECK(t, !virtio_config_vector(&play.t, 0));
	play.vectors = 1;
	CHECK(t, virtio_config_vector(&play.t, 0));
	CHECK(t, !virtio_config_vector(&play.t, 1));
	play.gone = true;
	CHECK(t, !virtio_config_vector(&play.t, 0));
	play_restore(&s);
}

/* ---- devices that cannot be started ---- */

enum hostile {
	NO_RESET,
	OLD,
	NO_FEATURES,
	SMALL_QUEUE,
	FAR_DOORBELL,
	SHORT_CONFIG,
	RESTLESS,
	PARTS_ZERO,
	PARTS_ODD,
	PARTS_SMALL,
	PARTS_LARGE,
	REGION_NONE,
	REGION_ODD,
	REGION_WRAPS,
	REGION_FAR,
	HOSTILE_NR
};

static const struct {
	const char *name;
	int code;
} hostile[HOSTILE_NR] = {
	[NO_RESET] = { "no-reset", ETIMEDOUT },
	[OLD] = { "old", EINVAL },
	[NO_FEATURES] = { "no-features", EINVAL },
	[SMALL_QUEUE] = { "small-queue", EINVAL },
	[FAR_DOORBELL] = { "far-doorbell", EINVAL },
	[SHORT_CONFIG] = { "short-config", EINVAL },
	[RESTLESS] = { "restless", EIO },
	[PARTS_ZERO] = { "parts-zero", EINVAL },
	[PARTS_ODD] = { "parts-odd", EINVAL },
	[PARTS_SMALL] = { "parts-small", EINVAL },
	[PARTS_LARGE] = { "parts-large", EINVAL },
	[REGION_NONE] = { "region-none", EINVAL },
	[REGION_ODD] = { "region-odd", EINVAL },
	[REGION_WRAPS] = { "region-wraps", EINVAL },
	[REGION_FAR] = { "region-far", ERANGE },
};

static void spoil_transport(enum hostile how)
{
	play.no_reset = how == NO_RESET;
	play.no_features = how == NO_FEATURES;
	play.restless = how == RESTLESS ? ALWAYS : 0;
	if (how == OLD)
		play.features &= ~VIRTIO_F_VERSION_1;
	if (how == SMALL_QUEUE)
		play.queue_size = 7;
	if (how == FAR_DOORBELL)
		play.queue_notify = 0xffff;
	if (how == SHORT_CONFIG)
		play.t.device_len -= 4;
}

static void spoil_config(enum hostile how)
{
	struct virtio_mem_config *c = &play.config;

	c->part_bytes = how == PARTS_ZERO    ? 0
			: how == PARTS_ODD   ? 3 * MiB
			: how == PARTS_SMALL ? page_size() / 2
			: how == PARTS_LARGE ? 2 * layout.block_bytes
					     : c->part_bytes;
	c->region = how == REGION_NONE  ? 0
		    : how == REGION_ODD ? c->region - PLAY_PART
		    : how == REGION_WRAPS || how == REGION_FAR
			    ? align_down(~0ul - c->pa, layout.block_bytes)
			    : c->region;
	if (how == REGION_WRAPS)
		c->region += 2 * layout.block_bytes;
}

TEST(virtio, not_started,
     .claim = "a device that cannot be started is refused in one sentence, and nothing of it is "
	      "left; a sound one starts afterwards",
     .rows = "V-04 V-08", .needs = NEED_RANGE, .params = PARAMS_OF(hostile))
{
	u64 vmalloc_before = vmalloc_in_use(), free_before = buddy_free_total();
	struct why why = { 0 };
	struct play_stage s;

	if (!play_new(t, &s))
		return;
	spoil_transport(t->param_at);
	spoil_config(t->param_at);
	CHECK_REFUSED(t, play_start(&why), hostile[t->param_at].code, &why);
	CHECK_EQ(t, strlen(why.text) > 10, 1);
	CHECK_EQ(t, vmalloc_in_use(), vmalloc_before);
	CHECK_EQ(t, buddy_free_total(), free_before);
	CHECK(t, !play_state().have && !play.asked[VIRTIO_MEM_PLUG]);
	play_restore(&s);
	if (!play_begin(t, &s))
		return;
	play_resize(1);
	play_end(t, &s);
}
