/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/virtio/device.c - the fake device; see device.h. */
#include "device.h"
#include <mm/page/buddy.h>
#include <stdarg.h>
#include <string.h>
#include <want.h>

struct device_fake dev;
bool page_taken, page_refused;
static const struct pt_fmt format = { .page_shift = 12 };
static struct page the_page;
static u8 memory[PAGE] __attribute__((aligned(4096))); /* as the CPU sees it */
static u8 seen[PAGE];                                  /* as the device does */
static u8 written[PAGE], is_written[PAGE];             /* by the device, on its way */

static void log_add(const char *fmt, ...)
{
	size_t at = strlen(dev.log);
	va_list ap;

	va_start(ap, fmt);
	if (at + 1 < sizeof(dev.log))
		vsnprintf(dev.log + at, sizeof(dev.log) - at, fmt, ap);
	va_end(ap);
}

void device_log_clear(void)
{
	dev.log[0] = '\0';
}

/* ---- memory ---- */
static void arrives(void)
{
	for (unsigned i = 0; i < PAGE; i++)
		if (is_written[i])
			memory[i] = written[i];
	memset(is_written, 0, sizeof(is_written));
}

void arch_io_mb(void)
{
	arrives();
	memcpy(seen, memory, PAGE);
	log_add(" mb");
}

u16 fake_load_acquire(const volatile u16 *p)
{
	u16 v = *p;

	arrives();
	return v;
}

struct page *page_alloc_any(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	WANT(!page_taken && node == 0 && zone == ZONE_NORMAL && order == 0);
	WANT_TEXT(owner, "virtio queue");
	if (page_refused)
		return NULL;
	page_taken = true;
	memset(memory, 0xa5, PAGE); /* contents are not cleared */
	return &the_page;
}

void page_free(struct page *p, unsigned order)
{
	WANT(page_taken && p == &the_page && order == 0);
	WANT(!dev.status); /* it may write there until it was reset */
	page_taken = false;
}

/* ---- the queue ---- */
static u32 place(unsigned n)
{
	u64 pa = dev.address[2 * n] | (u64)dev.address[2 * n + 1] << 32;

	WANT(pa >= PAGE_PA && pa < PAGE_PA + PAGE);
	return (u32)((pa - PAGE_PA) % PAGE);
}

static u64 look_at(u32 at, unsigned bytes)
{
	u64 v = 0;

	WANT(at % bytes == 0 && at + bytes <= PAGE);
	memcpy(&v, seen + at, bytes);
	return v;
}

static void to_memory(u32 at, const void *from, u32 len)
{
	WANT(at + len <= PAGE);
	memcpy(written + at, from, len);
	memset(is_written + at, 1, len);
}

/* Each part is aligned, and by the sizes of 2.7 for 8 entries none overlaps another. */
static void enable(void)
{
	static const struct {
		u32 align, len;
	} parts[] = { { 16, 128 }, { 2, 22 }, { 4, 70 } };
	bool zeroed = look_at(place(1), 2) == 1;

	for (unsigned i = 0; i < 3; i++) {
		u32 at = place(i);

		WANT(at % parts[i].align == 0 && at + parts[i].len <= PAGE);
		for (unsigned j = 0; j < i; j++)
			WANT(at >= place(j) + parts[j].len || place(j) >= at + parts[i].len);
		for (u32 b = 0; b < parts[i].len; b++)
			zeroed &= !seen[at + b] || (i == 1 && b == 0);
	}
	dev.zeroed = zeroed;
	dev.enabled = true;
}

static void publish(u32 answer_at)
{
	u32 used = place(2), at = used + 4 + dev.used_idx % 8 * 8, entry[2] = { dev.id, dev.len };
	u16 idx = dev.used_idx = (u16)(dev.used_idx + dev.step);

	to_memory(at, entry, sizeof(entry));
	to_memory(answer_at, dev.answer, dev.len < dev.answer_room ? dev.len : dev.answer_room);
	memcpy(memory + used + 2, &idx, 2);
	memcpy(seen + used + 2, &idx, 2);
}

/* The chain of the head: a buffer to read, and one to write. */
static u32 take_request(void)
{
	u16 head = (u16)look_at(place(1) + 4 + dev.avail_idx % 8 * 2, 2);
	u32 d = place(0) + 16 * head, next;
	u64 from = look_at(d, 8) - PAGE_PA;

	WANT(head == 0 && look_at(d + 12, 2) == 1); /* NEXT, read only */
	dev.request_len = (u32)look_at(d + 8, 4);
	WANT(from < PAGE && from + dev.request_len <= PAGE);
	memcpy(dev.request, seen + from % PAGE, dev.request_len);
	next = place(0) + 16 * (u32)look_at(d + 14, 2);
	WANT(next == place(0) + 16 && look_at(next + 12, 2) == 2); /* WRITE, the last */
	dev.answer_room = (u32)look_at(next + 8, 4);
	return (u32)(look_at(next, 8) - PAGE_PA);
}

static void bell(u32 at, unsigned bytes, u32 v)
{
	WANT(at == DOORBELL && bytes == 2 && v == 0 && dev.enabled);
	dev.bells++;
	WANT(look_at(place(1) + 2, 2) == (u16)(dev.avail_idx + 1));
}

static bool look(const struct virtio_transport *t, struct cpu_pause *p, u64 us)
{
	WANT(t->read == transport.read);
	dev.wait_us = us;
	if (dev.resets != NEVER && dev.resets && !--dev.resets)
		dev.status = 0;
	if (dev.bells && dev.waits != NEVER && !dev.waits--) {
		publish(take_request());
		dev.avail_idx++;
		dev.bells--;
	}
	return p->rounds++ < 10;
}

/* ---- registers ---- */
/* Bytes of the register there (4.1.4.3); 0: none begins there. */
static unsigned width(u32 at)
{
	static const u8 of[0x38] = {
		[0x00] = 4, [0x04] = 4, [0x08] = 4, [0x0c] = 4, [0x10] = 2, [0x12] = 2, [0x14] = 1,
		[0x15] = 1, [0x16] = 2, [0x18] = 2, [0x1a] = 2, [0x1c] = 2, [0x1e] = 2, [0x20] = 4,
		[0x24] = 4, [0x28] = 4, [0x2c] = 4, [0x30] = 4, [0x34] = 4,
	};

	return at < sizeof(of) ? of[at] : 0;
}

static u32 generation(void)
{
	if (dev.looks++ & 1 && dev.stirs && (dev.stirs == NEVER || dev.stirs--))
		dev.generation++;
	return dev.generation & 0xff;
}

static u32 common(u32 at)
{
	switch (at) {
	case 0x04:
		return dev.select[0] < 2 ? (u32)(dev.features >> 32 * dev.select[0]) : 0;
	case 0x10:
		return dev.vector | dev.vector_bits;
	case 0x14:
		return dev.status;
	case 0x15:
		return generation();
	case 0x18:
		return dev.queue == 0 ? dev.queue_size : 0;
	case 0x1e:
		return dev.queue == 0 ? dev.queue_notify : NEVER;
	default:
		WANT(!"the driver reads a register that it does not need");
		return 0;
	}
}

static u32 get(const struct virtio_transport *t, enum virtio_structure s, u32 at, unsigned bytes)
{
	u32 v = 0;

	WANT(t->read == transport.read);
	if (s == VIRTIO_ISR) {
		WANT(at == 0 && bytes == 1);
		v = dev.isr;
		dev.isr = 0;
	} else if (s == VIRTIO_DEVICE) {
		WANT(bytes == (dev.halves >> at / 4 & 1 ? 2u : 4u) && at % bytes == 0);
		WANT(at + bytes <= sizeof(dev.config));
		if (at + bytes <= sizeof(dev.config))
			memcpy(&v, dev.config + at, bytes);
		v += dev.generation; /* each has another */
	} else {
		WANT(s == VIRTIO_COMMON && bytes == width(at));
		v = common(at);
	}
	return v;
}

static void set_status(u8 v)
{
	dev.status = dev.refuses ? v & (u8)~8u : v;
	if (!v && dev.resets)
		dev.status = dev.stays;
}

static void set_common(u32 at, u32 v)
{
	if (at == 0x00 || at == 0x08)
		dev.select[at / 8] = v;
	else if (at == 0x0c && dev.select[1] < 2)
		dev.accepted |= (u64)v << 32 * dev.select[1];
	else if (at == 0x10)
		dev.vector = (u16)v;
	else if (at == 0x14)
		set_status((u8)v);
	else if (at == 0x16)
		dev.queue = (u16)v;
	else if (at == 0x1c)
		enable();
	else if (at >= 0x20)
		dev.address[(at - 0x20) / 4] = v;
}

static void set(const struct virtio_transport *t, enum virtio_structure s, u32 at, unsigned bytes,
		u32 v)
{
	WANT(t->read == transport.read);
	for (unsigned i = 0; i < PAGE; i++) /* except its own writes */
		if (!is_written[i])
			seen[i] = memory[i];
	if (s == VIRTIO_NOTIFY) {
		log_add(" bell");
		bell(at, bytes, v);
		return;
	}
	WANT(s == VIRTIO_COMMON && bytes == width(at));
	if (at >= 0x20)
		log_add(" %02x", at);
	else
		log_add(" %02x=%x", at, v);
	set_common(at, v);
}

const struct virtio_transport transport = { .read = get,
					    .write = set,
					    .wait = look,
					    .device_len = 40,
					    .notify_len = 26,
					    .notify_multiplier = 12 };

void device_begin(void)
{
	dev = (struct device_fake) { .features = 0x123456789ul,
				     .queue_size = 8,
				     .queue_notify = DOORBELL / 12,
				     .status = 0x0f,
				     .select = { 9, 9 },
				     .queue = 3,
				     .step = 1 };
	for (unsigned i = 0; i < sizeof(dev.config); i++)
		dev.config[i] = (u8)(3 * i + 1);
	memset(is_written, 0, sizeof(is_written));
	memset(seen, 0x5a, PAGE);
	page_taken = page_refused = false;
	layout = (struct layout) { .fmt = &format, .phys_base = PAGE_PA };
	layout.r[REGION_VMEMMAP].va = (vaddr_t)(uintptr_t)&the_page;
	layout.r[REGION_LINEAR].va = (vaddr_t)(uintptr_t)memory;
}
