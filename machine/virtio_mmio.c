/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/virtio_mmio.c - registers of a virtio device that has no bus (Virtio 1.2, 4.2.2).
 */
#include <machine/machine.h>
#include <machine/pci.h>
#include <machine/virtio_mmio.h>

#define MAGIC 0x74726976u
#define MODERN 2u
#define VENDOR 0x1af4u
#define BYTES 0x200u

enum {
	MAGIC_VALUE = 0x000,
	VERSION = 0x004,
	DEVICE_ID = 0x008,
	VENDOR_ID = 0x00c,
	OFFERED = 0x010,
	OFFERED_AT = 0x014,
	ACCEPTED = 0x020,
	ACCEPTED_AT = 0x024,
	SELECTED = 0x030,
	MOST = 0x034,
	SIZE = 0x038,
	READY = 0x044,
	NOTIFY = 0x050,
	INTERRUPT = 0x060,
	ACKNOWLEDGE = 0x064,
	STATUS = 0x070,
	DESC = 0x080,
	AVAIL = 0x090,
	USED = 0x0a0,
	GENERATION = 0x0fc,
	CONFIG = 0x100,
};

u64 virtio_mmio_present;
static struct virtio_device *device;
static unsigned id;
static u32 offered_at, accepted_at, selected;

static void refuse(const char *what, u64 offset, unsigned bytes)
{
	machine_stop(
		"virtio by MMIO: %s of %u bytes at offset 0x%lx: no such register (Virtio 1.2, "
		"4.2.2)",
		what, bytes, offset);
}

/* The half of a queue's address, or NULL. */
static u64 *address_of(u64 at)
{
	struct virtio_queue *q = &device->queue;

	if (at % 16 > 4)
		return NULL;
	at -= at % 16;
	return at == DESC ? &q->desc : at == AVAIL ? &q->avail : at == USED ? &q->used : NULL;
}

static u32 read_register(u64 at)
{
	const struct virtio_device *d = device;

	switch (at) {
	case MAGIC_VALUE:
		return MAGIC;
	case VERSION:
		return MODERN;
	case DEVICE_ID:
		return d ? id : 0;
	case VENDOR_ID:
		return VENDOR;
	}
	if (!d)
		machine_stop("virtio by MMIO: an empty slot is accessed (Virtio 1.2, 4.2.3.1.1)");
	switch (at) {
	case OFFERED:
		return virtio_offered(d, offered_at);
	case MOST:
		return selected ? 0 : VIRTIO_QUEUE_MOST;
	case READY:
		return !selected && d->queue.enabled;
	case INTERRUPT:
		return virtio_isr(d);
	case STATUS:
		return virtio_status(device);
	case GENERATION:
		return d->generation;
	default: /* the others are write-only */
		refuse("a load", at, 4);
		return 0;
	}
}

static void write_queue(u64 at, u32 v)
{
	struct virtio_queue *q = &device->queue;
	u64 *address = address_of(at);

	if (at != SIZE && at != READY && !address)
		refuse("a store", at, 4);
	if (selected)
		return;
	if (at == READY)
		q->enabled = v & 1;
	else if (q->enabled) /* it is set up once */
		return;
	else if (address)
		virtio_set_half(address, at, v);
	else if (is_pow2(v) && v <= VIRTIO_QUEUE_MOST)
		q->size = (u16)v;
}

static void write_register(u64 at, u32 v)
{
	struct virtio_device *d = device;

	switch (at) {
	case OFFERED_AT:
		offered_at = v;
		break;
	case ACCEPTED_AT:
		accepted_at = v;
		break;
	case ACCEPTED:
		virtio_accept(d, accepted_at, v);
		break;
	case SELECTED:
		selected = v;
		break;
	case NOTIFY:
		if (!v)
			virtio_notify(d);
		break;
	case ACKNOWLEDGE:
		virtio_acknowledge(d, (u8)v);
		break;
	case STATUS:
		virtio_set_status(d, (u8)v);
		break;
	default:
		write_queue(at, v);
	}
}

/* Registers have 32 bits, fields of the configuration 64 or 16 (4.2.2.2). */
static bool is_legal(u64 at, unsigned bytes)
{
	u64 field = at - CONFIG;

	if (at % bytes || at < CONFIG)
		return bytes == 4 && !(at % bytes);
	return device && field + bytes <= device->config_bytes &&
	       bytes == (device->halves >> field / 4 & 1 ? 2u : 4u);
}

static bool mmio_read(u64 offset, unsigned bytes, u64 *value)
{
	if (!is_legal(offset, bytes))
		refuse("a load", offset, bytes);
	*value = offset < CONFIG ? read_register(offset)
				 : pci_get(device->config + (offset - CONFIG), bytes);
	return true;
}

static bool mmio_write(u64 offset, unsigned bytes, u64 value)
{
	if (!is_legal(offset, bytes) || offset >= CONFIG || !device)
		refuse("a store", offset, bytes);
	write_register(offset, (u32)value);
	return true;
}

struct machine_device virtio_mmio_device = { 0, 0, mmio_read, mmio_write };

/* ---- power-on ---- */
static bool always(void)
{
	return true;
}

void virtio_mmio_place(u64 base)
{
	virtio_mmio_device.base = base;
	virtio_mmio_device.bytes = virtio_mmio_present ? BYTES : 0;
	device = NULL;
}

void virtio_mmio_power_on(struct virtio_device *d, unsigned type)
{
	device = d;
	id = type;
	d->may_access = always;
	d->interrupt = core_virtio_wire;
	offered_at = accepted_at = selected = 0;
	virtio_power_on(d);
}
