/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/virtio/main.c - drivers/virtio/virtio.c: a device is started in the order of Virtio
 * 1.2, 3.1.1, gets requests as a chain of two buffers, is given up if it contradicts itself, and is
 * reset before its queue is freed.
 */
#include "device.h"
#include <string.h>
#include <want.h>

#define SETUP " 14=0 14=3 16=0"
#define FEATURES " 00=0 00=1 08=0 0c=301 08=1 0c=1 14=b"
/* The driver chooses the order of the addresses; all are written before queue_enable. */
#define QUEUE_STARTS " 18=8 20 24 28 2c 30 34 1c=1 14=f"

void requests_tests(void); /* requests.c */
void bars_tests(void);     /* bars.c */

static struct virtio v;
static struct why why;
static u64 got;

static int start(void)
{
	memset(&v, 0xa5, sizeof(v));
	got = 0;
	why = (struct why) { 0 };
	return virtio_start(&v, &transport, 0x101, 0x1100000204ul | 0x340, &got, &why);
}

/* ---- start ---- */
static void starts(void)
{
	device_begin();
	WANT(start() == 0 && got == 0x100000301ul);
	WANT(!why.code && !v.dead && page_taken && dev.accepted == got);
	WANT_TEXT(dev.log, SETUP FEATURES QUEUE_STARTS);
	WANT(dev.zeroed && dev.status == 15);
	WANT(!virtio_stop(&v, &why) && !page_taken && v.dead);
	WANT(!virtio_stop(&v, &why)); /* there is nothing left to free */
}

struct start_row {
	u64 features;
	u16 size, notify;
	bool refuses, no_page;
	u8 stays;
	unsigned resets;
	int code;
	const char *log, *sentence;
};

static const struct start_row start_rows[] = {
	{ .code = 0, .log = SETUP FEATURES QUEUE_STARTS },
	{ .size = 256, .log = SETUP FEATURES QUEUE_STARTS },
	{ .stays = 1, .resets = 10, .log = SETUP FEATURES QUEUE_STARTS },
	{ .stays = 0x40,
	  .resets = NEVER,
	  .code = -ETIMEDOUT,
	  .log = " 14=0 14=c0",
	  .sentence = "the device does not reset" },
	{ .features = 0x23456789ul,
	  .code = -EINVAL,
	  .log = SETUP " 00=0 00=1 14=83",
	  .sentence = "the device lacks features 0x100000000" },
	{ .features = 0x123456688ul,
	  .code = -EINVAL,
	  .log = SETUP " 00=0 00=1 14=83",
	  .sentence = "the device lacks features 0x101" },
	{ .refuses = true,
	  .code = -EINVAL,
	  .log = SETUP FEATURES " 14=83",
	  .sentence = "the device refuses features 0x100000301" },
	{ .size = 7,
	  .code = -EINVAL,
	  .log = SETUP FEATURES " 14=8b",
	  .sentence = "queue 0 has 7 entries, 8 are needed" },
	{ .no_page = true,
	  .code = -ENOMEM,
	  .log = SETUP FEATURES " 14=8b",
	  .sentence = "no page for the queue" },
	{ .notify = 3,
	  .code = -EINVAL,
	  .log = SETUP " 14=83",
	  .sentence = "queue 0 has no doorbell inside its BAR" },
};

static void refused_starts(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(start_rows); i++) {
		const struct start_row *r = &start_rows[i];
		char wanted[80];

		device_begin();
		dev.features = r->features ? r->features : dev.features;
		dev.queue_size = r->size ? r->size : dev.queue_size;
		dev.queue_notify = r->notify ? r->notify : dev.queue_notify;
		dev.refuses = r->refuses;
		page_refused = r->no_page;
		dev.stays = r->stays;
		dev.resets = r->resets;
		WANT(start() == r->code && why.code == r->code);
		WANT_TEXT(dev.log, r->log);
		snprintf(wanted, sizeof(wanted), "virtio: %s", r->sentence);
		WANT_TEXT(why.text, r->sentence ? wanted : "");
		WANT(page_taken == !r->code);
		WANT(v.dead == (r->code != 0));
		if (r->resets)
			WANT(dev.wait_us == 1000000);
	}
}

/* The doorbell takes two bytes at an even offset, inside its structure. */
static void doorbells(void)
{
	static const struct {
		u16 notify;
		u32 multiplier, len;
		bool fits;
	} rows[] = {
		{ 0, 0, 2, true },
		{ 0, 0, 1, false },
		{ 7, 0, 2, true },
		{ 1, 2, 4, true },
		{ 1, 2, 3, false },
		{ 1, 3, 64, false },
		{ 2, 3, 64, true },
		{ 3, 0x55555556, 64, false },
		{ 0xffff, 4, 0x3fffe, true },
		{ 0xffff, 4, 0x3fffd, false },
		{ 2, 0x80000000, 64, false },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct virtio_transport t = transport;

		device_begin();
		dev.queue_notify = rows[i].notify;
		why = (struct why) { 0 };
		t.notify_multiplier = rows[i].multiplier;
		t.notify_len = rows[i].len;
		WANT(virtio_start(&v, &t, 0, 0, &got, &why) == (rows[i].fits ? 0 : -EINVAL));
		WANT(got == VIRTIO_F_VERSION_1 || !rows[i].fits);
		if (rows[i].fits)
			WANT(v.doorbell == rows[i].notify * rows[i].multiplier);
	}
}

int main(void)
{
	starts();
	refused_starts();
	doorbells();
	requests_tests();
	bars_tests();
	printf("virtio: %u not so\n", want_failed);
	return want_failed != 0;
}
