/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-04: a virtio-mem device's configuration: changes in the middle of a read, a usable region that
 * grows late or shrinks, and devices that cannot be started.
 */
#include <lib/string.h>
#include <mm/page/buddy.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/virtio/fake_mem.h>

static void audit(struct test_run *t)
{
	struct why why = { 0 };
	u64 parts;

	CHECK_OK(t, virtio_mem_audit(&parts, &why), &why);
}

static void shrink_usable_and_resize(struct fake_mem *p)
{
	p->config.usable = FAKE_MEM_PART;
	p->config.requested = 9 * FAKE_MEM_PART;
}

TEST(virtio, generation,
     .claim = "a configuration that changes while it is read is read again: no part beyond the "
	      "usable region is requested",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct fake_mem_stage s;

	if (!fake_mem_begin(t, &s))
		return;
	fake_mem_resize(1);
	fake_mem.change = shrink_usable_and_resize;
	fake_mem_interrupt();
	CHECK_EQ(t, fake_mem_plugged(), 1);
	CHECK_EQ(t, fake_mem.wrong, 0);
	fake_mem.config.usable = s.r.len;
	fake_mem_interrupt();
	CHECK_EQ(t, fake_mem_plugged(), 9);
	fake_mem_end(t, &s);
}

TEST(virtio, restless,
     .claim = "a configuration that changes all the time causes one line and retries after 1, 2, 4 "
	      "s; once it is stable, the size is followed",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct fake_mem_stage s;

	if (!fake_mem_begin(t, &s))
		return;
	fake_mem_resize(1);
	fake_mem.restless = ALWAYS;
	fake_mem_resize(5);
	for (u32 wait = 1000; wait <= 32000; wait *= 2) {
		CHECK_EQ(t, fake_mem_state().back_off_ms, wait);
		fake_mem_wait();
	}
	CHECK_EQ(t, fake_mem_remarks(&s), 1);
	CHECK_EQ(t, fake_mem_plugged(), 1);
	fake_mem.restless = 3; /* a few changes are tolerated */
	fake_mem_wait();
	CHECK_EQ(t, fake_mem_plugged(), 5);
	CHECK_EQ(t, fake_mem_remarks(&s), 0);
	fake_mem_end(t, &s);
}

TEST(virtio, usable,
     .claim = "a usable region that grows late is followed, without a request beyond it; one that "
	      "shrinks below the plugged memory changes nothing, and all memory can be unplugged",
     .rows = "V-04 S1-24", .needs = NEED_RANGE)
{
	u64 some = fake_mem_per_block() + 1;
	struct fake_mem_stage s;

	if (!fake_mem_begin(t, &s))
		return;
	fake_mem.config.usable = 10 * FAKE_MEM_PART;
	fake_mem_resize(some);
	CHECK_EQ(t, fake_mem_plugged(), 10);
	fake_mem.config.usable = 10 * FAKE_MEM_PART + FAKE_MEM_PART / 2; /* not half a part */
	fake_mem_interrupt();
	CHECK_EQ(t, fake_mem_plugged(), 10);
	fake_mem.config.usable = s.r.len;
	fake_mem_interrupt();
	CHECK_EQ(t, fake_mem_plugged(), some);
	fake_mem.config.usable = 3 * FAKE_MEM_PART;
	fake_mem_interrupt();
	CHECK_EQ(t, fake_mem_plugged(), some);
	audit(t);
	fake_mem.config.usable = ALWAYS;
	fake_mem_resize(0x7ffffffffful); /* beyond the region: the whole region is requested */
	CHECK_EQ(t, fake_mem_plugged(), FAKE_MEM_BLOCKS * fake_mem_per_block());
	CHECK_EQ(t, fake_mem_remarks(&s), 0);
	fake_mem.config.usable = 0;
	fake_mem_end(t, &s);
}

static const u16 odd[] = { 1, 65, 2, 64, 127, 63, 128, 0, 66, 33 };

TEST(virtio, sizes,
     .claim = "every odd size, growing and shrinking, is reached exactly, by the device's map and "
	      "by the kernel's",
     .rows = "S1-20 S1-24 S1-25 S1-26 V-04", .needs = NEED_RANGE)
{
	struct fake_mem_stage s;

	if (!fake_mem_begin(t, &s))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(odd); i++) {
		u64 parts = odd[i] * fake_mem_per_block() / 64;

		fake_mem_resize(parts);
		CHECK_EQ(t, fake_mem_plugged(), parts);
		audit(t);
	}
	for (unsigned i = 0; i < 6; i++) {
		u64 parts = rng_below(&t->rng, 2 * fake_mem_per_block() + 1);

		fake_mem_resize(parts);
		CHECK_EQ(t, fake_mem_plugged(), parts);
	}
	audit(t);
	fake_mem_end(t, &s);
}

TEST(virtio, vector,
     .claim = "the MSI-X entry of a device's configuration is read back, and a device that has "
	      "disappeared has none",
     .rows = "V-04", .needs = NEED_RANGE)
{
	struct fake_mem_stage s;

	if (!fake_mem_new(t, &s))
		return;
	CHECK(t, !virtio_config_vector(&fake_mem.t, 0));
	fake_mem.vectors = 1;
	CHECK(t, virtio_config_vector(&fake_mem.t, 0));
	CHECK(t, !virtio_config_vector(&fake_mem.t, 1));
	fake_mem.gone = true;
	CHECK(t, !virtio_config_vector(&fake_mem.t, 0));
	fake_mem_restore(&s);
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
	fake_mem.no_reset = how == NO_RESET;
	fake_mem.no_features = how == NO_FEATURES;
	fake_mem.restless = how == RESTLESS ? ALWAYS : 0;
	if (how == OLD)
		fake_mem.features &= ~VIRTIO_F_VERSION_1;
	if (how == SMALL_QUEUE)
		fake_mem.queue_size = 7;
	if (how == FAR_DOORBELL)
		fake_mem.queue_notify = 0xffff;
	if (how == SHORT_CONFIG)
		fake_mem.t.device_len -= 4;
}

static void spoil_config(enum hostile how)
{
	struct virtio_mem_config *c = &fake_mem.config;

	c->subblock_bytes = how == PARTS_ZERO    ? 0
			    : how == PARTS_ODD   ? 3 * MiB
			    : how == PARTS_SMALL ? page_size() / 2
			    : how == PARTS_LARGE ? 2 * layout.block_bytes
						 : c->subblock_bytes;
	c->region = how == REGION_NONE  ? 0
		    : how == REGION_ODD ? c->region - FAKE_MEM_PART
		    : how == REGION_WRAPS || how == REGION_FAR
			    ? align_down(~0ul - c->pa, layout.block_bytes)
			    : c->region;
	if (how == REGION_WRAPS)
		c->region += 2 * layout.block_bytes;
}

TEST(virtio, not_started,
     .claim = "a device that cannot be started is refused in one sentence without a trace; a sound "
	      "one starts afterwards",
     .rows = "V-04 V-08", .needs = NEED_RANGE, .params = PARAMS_OF(hostile))
{
	u64 vmalloc_before = vmalloc_in_use(), free_before = buddy_free_total();
	struct why why = { 0 };
	struct fake_mem_stage s;

	if (!fake_mem_new(t, &s))
		return;
	spoil_transport(t->param_at);
	spoil_config(t->param_at);
	CHECK_REFUSED(t, fake_mem_start(&why), hostile[t->param_at].code, &why);
	CHECK_EQ(t, strlen(why.text) > 10, 1);
	CHECK_EQ(t, vmalloc_in_use(), vmalloc_before);
	CHECK_EQ(t, buddy_free_total(), free_before);
	CHECK(t, !fake_mem_state().have && !fake_mem.asked[VIRTIO_MEM_PLUG]);
	fake_mem_restore(&s);
	if (!fake_mem_begin(t, &s))
		return;
	fake_mem_resize(1);
	fake_mem_end(t, &s);
}
