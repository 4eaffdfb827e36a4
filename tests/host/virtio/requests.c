/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/virtio/requests.c - requests to a device and its possible answers (Virtio 1.2, 2.7),
 * and its configuration of one generation (2.5.1).
 */
#include "device.h"
#include <string.h>
#include <want.h>

#define NOT_USED ": it is not used any more"

static struct virtio v;
static struct why why;

static void begin(void)
{
	u64 got;

	device_begin();
	WANT(virtio_start(&v, &transport, 0, 0, &got, &why) == 0);
	why = (struct why) { 0 };
	device_log_clear();
}

static u8 byte_of(unsigned n, unsigned i)
{
	return (u8)(31 * n + 7 * i + 1);
}

/* A request that is answered: the response has the bytes that were sent, followed by ones. */
static void one(unsigned n, u32 len, u32 room, u32 sentence)
{
	u8 request[VIRTIO_REQUEST_MAX], answer[VIRTIO_REQUEST_MAX + 1];
	unsigned wrong = 0;

	memset(answer, 0xee, sizeof(answer));
	for (unsigned i = 0; i < VIRTIO_REQUEST_MAX; i++) {
		request[i] = byte_of(n, i);
		dev.answer[i] = byte_of(n + 1, i);
	}
	dev.len = sentence;
	dev.waits = n % 3;
	device_log_clear();
	WANT(virtio_request(&v, request, len, answer, room, &why) == (int)sentence);
	WANT_TEXT(dev.log, " mb bell");
	WANT(dev.request_len == len && !memcmp(dev.request, request, len));
	WANT(dev.answer_room == room && dev.wait_us == 5000000);
	for (u32 i = 0; i < sizeof(answer); i++)
		wrong += answer[i] != (i < sentence ? byte_of(n + 1, i) : i < room ? 0xff : 0xee);
	WANT(!wrong && !v.dead);
}

/* Beyond the ring's end, and beyond that of the 16 bits of its indices. */
static void answered(void)
{
	begin();
	one(0, 24, 10, 10);
	one(1, 24, 10, 0);
	one(2, 1, 10, 9);
	one(3, VIRTIO_REQUEST_MAX, VIRTIO_REQUEST_MAX, VIRTIO_REQUEST_MAX);
	for (unsigned n = 4; n < 20; n++)
		one(n, n, 30 + n, 12 + n);
	for (unsigned n = 20; n < 0x10010 && !want_failed; n++)
		one(n, 8, 4, n % 5);
	WANT(dev.avail_idx == 0x10 && !why.code);
	WANT(!virtio_stop(&v, &why));
}

static void contradictions(void)
{
	static const struct {
		u16 step, id;
		u32 len;
		int code;
		const char *sentence;
	} rows[] = {
		{ 1, 0, 10, 10, "" },
		{ 1, 0, 11, -EIO, "the device answers 11 bytes for request 0, not 10 for 0" },
		{ 1, 1, 10, -EIO, "the device answers 10 bytes for request 1, not 10 for 0" },
		{ 1, 3, 12, -EIO, "the device answers 12 bytes for request 3, not 10 for 0" },
		{ 2, 0, 10, -EIO, "the device has used 4 buffers, it has 3" },
		{ 0xffff, 0, 10, -EIO, "the device has used 1 buffers, it has 3" },
		{ 0x8000, 0, 10, -EIO, "the device has used 32770 buffers, it has 3" },
		{ 0, 0, 10, -ETIMEDOUT, "no response to a request within 5 s" },
	};
	u8 request[8] = { 0 }, answer[10];

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		char wanted[120];

		begin();
		one(0, 8, 10, 10);
		one(1, 8, 10, 10);
		dev.waits = 0;
		dev.step = rows[i].step;
		dev.id = rows[i].id;
		dev.len = rows[i].len;
		WANT(virtio_request(&v, request, 8, answer, 10, &why) == rows[i].code);
		snprintf(wanted, sizeof(wanted), "virtio: %s%s", rows[i].sentence,
			 rows[i].code == -ETIMEDOUT ? ": the device is not used any more"
						    : NOT_USED);
		WANT_TEXT(why.text, rows[i].code < 0 ? wanted : "");
		WANT(v.dead == (rows[i].code < 0));
		WANT(dev.status == (rows[i].code < 0 ? 0x8f : 0x0f));
		WANT(page_taken); /* it may still be written */
		device_log_clear();
		if (rows[i].code < 0) {
			WANT(virtio_request(&v, request, 8, answer, 10, &why) == -ENODEV);
			WANT_TEXT(why.text, "virtio: the device is not used any more");
			WANT_TEXT(dev.log, "");
		}
		WANT(!virtio_stop(&v, &why) && !page_taken && !v.page);
	}
}

/* A queue to which the device may still write is not free. */
static void no_reset(void)
{
	begin();
	dev.stays = 0x0f;
	dev.resets = NEVER;
	WANT(virtio_stop(&v, &why) == -ETIMEDOUT && page_taken && v.dead);
	WANT_TEXT(why.text, "virtio: the device does not reset");
	WANT(!virtio_abandon(&v) && page_taken && v.dead);
}

/* The memory of the queue stays as it is: the device no longer accesses it. */
static void abandoned(void)
{
	begin();
	WANT(virtio_abandon(&v) && page_taken && v.dead && !dev.status);
	WANT(virtio_request(&v, "12345678", 8, NULL, 0, &why) == -ENODEV);
	WANT(!virtio_stop(&v, &why) && !page_taken);
}

/* ---- the configuration ---- */
static void configurations(void)
{
	static const struct {
		unsigned stirs, len;
		int code;
		u64 halves;
	} rows[] = {
		{ 0, 40, 0, 0 },       { 0, 36, 0, 0 },       { 0, 4, 0, 0 },  { 0, 0, 0, 0 },
		{ 0, 44, -EINVAL, 0 }, { 1, 40, 0, 0 },       { 2, 40, 0, 0 }, { 63, 8, 0, 0 },
		{ 64, 8, -EIO, 0 },    { NEVER, 8, -EIO, 0 }, { 0, 40, 0, 4 }, { 0, 4, 0, 1 },
		{ 2, 40, 0, 0x204 },   { NEVER, 8, -EIO, 2 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		u8 copy[48];
		unsigned wrong = 0;

		begin();
		why = (struct why) { 0 };
		memset(copy, 0xee, sizeof(copy));
		dev.stirs = rows[i].stirs;
		dev.halves = rows[i].halves;
		WANT(virtio_config(&v, copy, rows[i].len, rows[i].halves, &why) == rows[i].code);
		WANT(why.code == rows[i].code);
		for (unsigned b = 0; !rows[i].code && b < sizeof(copy); b++)
			wrong += copy[b] != (b >= rows[i].len ? 0xee
					     : b % (dev.halves >> b / 4 & 1 ? 2 : 4)
						     ? dev.config[b]
						     : (u8)(dev.config[b] + dev.generation));
		WANT(!wrong);
		if (rows[i].code == -EINVAL)
			WANT_TEXT(why.text, "virtio: 40 bytes of configuration, 44 are needed");
		if (rows[i].code == -EIO)
			WANT_TEXT(why.text, "virtio: the configuration does not become stable");
		WANT(rows[i].code != -EIO || dev.looks == 2 * 64); /* it ends */
		virtio_stop(&v, NULL);
	}
}

/* 43 bytes are too few for 44. */
static void one_byte_less(void)
{
	struct virtio_transport t = transport;
	u8 copy[44];

	begin();
	t.device_len = 43;
	v.t = &t;
	WANT(virtio_config(&v, copy, 44, 0, &why) == -EINVAL && !dev.looks);
	virtio_stop(&v, NULL);
}

static void registers(void)
{
	begin();
	WANT(virtio_config_vector(&transport, 5) && dev.vector == 5);
	WANT_TEXT(dev.log, " 10=5");
	dev.vector_bits = 0xffff; /* no resources */
	WANT(!virtio_config_vector(&transport, 5));
	dev.isr = 3;
	WANT(virtio_isr(&v) == 3 && virtio_isr(&v) == 0);
	virtio_stop(&v, NULL);
}

void requests_tests(void); /* for main.c */

void requests_tests(void)
{
	answered();
	contradictions();
	no_reset();
	abandoned();
	configurations();
	one_byte_less();
	registers();
}
