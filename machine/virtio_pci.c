/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/virtio_pci.c - registers of a virtio device on the PCI bus (Virtio 1.2, 4.1).  The seed
 * chooses their BAR, its width, their order in it, and the notification multiplier; the
 * capabilities report all of these.
 */
#include <machine/machine.h>
#include <machine/order.h>
#include <machine/pci.h>
#include <machine/random.h>
#include <machine/virtio.h>
#include <machine/virtio_pci.h>
#include <string.h>

enum structure { COMMON = 1, NOTIFY, ISR, DEVICE, WINDOW, STRUCTURES }; /* cfg_type (4.1.4) */

#define STRUCTURE_BYTES 0x1000u /* bytes for each structure */
#define BAR_BYTES (4 * STRUCTURE_BYTES)
#define CAPABILITY_FIRST 0x40u
#define CAPABILITY_ROOM 0x18u
#define CAPABILITY_VENDOR 9u
#define WINDOW_AT (CAPABILITY_FIRST + 4 * CAPABILITY_ROOM) /* of cfg_type 5 */
#define VENDOR 0x1af4u
#define DEVICE_FIRST 0x1040u /* + the device type */
#define NO_VECTOR 0xffffu

static struct virtio_device *device;
static struct bus_function function;
static unsigned bar, order[4]; /* the place of each structure */
static u32 multiplier;
static u32 offered_at, accepted_at;
static u16 selected;

static u32 length(enum structure s)
{
	static const u32 fixed[STRUCTURES] = { [COMMON] = 56, [ISR] = 1 };

	return s == DEVICE ? device->config_bytes : s == NOTIFY ? multiplier + 2 : fixed[s];
}

/* ---- common configuration (4.1.4.3) ---- */
enum field {
	OFFERED_AT = 0,
	OFFERED = 4,
	ACCEPTED_AT = 8,
	ACCEPTED = 12,
	CONFIG_VECTOR = 16,
	QUEUES = 18,
	STATUS = 20,
	GENERATION = 21,
	SELECTED = 22,
	SIZE = 24,
	VECTOR = 26,
	ENABLE = 28,
	BELL = 30,
	DESC = 32,
	AVAIL = 40,
	USED = 48,
};

/* "Natural" widths: those of the field, and 4 bytes for one of 64 bits (4.1.3.1). */
static bool is_natural(unsigned at, unsigned bytes)
{
	unsigned needs = at < CONFIG_VECTOR || at >= DESC   ? 4
			 : at == STATUS || at == GENERATION ? 1
							    : 2;

	return bytes == needs && !(at % bytes);
}

/* The same for the device's own fields, which have 64 or 16 bits. */
static bool is_field(unsigned at, unsigned bytes)
{
	return bytes == (device->halves >> at / 4 & 1 ? 2u : 4u) && !(at % bytes);
}

static u64 *address_of(unsigned at)
{
	struct virtio_queue *q = &device->queue;

	return at < AVAIL ? &q->desc : at < USED ? &q->avail : &q->used;
}

static u32 read_common(unsigned at)
{
	struct virtio_device *d = device;

	switch (at) {
	case OFFERED_AT:
		return offered_at;
	case OFFERED:
		return virtio_offered(d, offered_at);
	case ACCEPTED_AT:
		return accepted_at;
	case ACCEPTED:
		return accepted_at < 2 ? (u32)(d->accepted >> 32 * accepted_at) : 0;
	case CONFIG_VECTOR:
	case VECTOR:
		return NO_VECTOR; /* it has no MSI-X */
	case QUEUES:
		return 1;
	case STATUS:
		return virtio_status(d);
	case GENERATION:
		return d->generation;
	case SELECTED:
		return selected;
	case SIZE:
		return selected ? 0 : d->queue.size;
	case ENABLE:
		return !selected && d->queue.enabled;
	case BELL:
		return !selected;
	default:
		return at < DESC || selected ? 0 : (u32)(*address_of(at) >> 8 * (at & 4));
	}
}

static void write_queue(unsigned at, u32 v)
{
	struct virtio_queue *q = &device->queue;

	if (selected || q->enabled) /* it is set up once (4.1.4.3.2) */
		return;
	if (at == SIZE && is_pow2(v) && v <= VIRTIO_QUEUE_MOST)
		q->size = (u16)v;
	else if (at == ENABLE && v == 1)
		q->enabled = true;
	else if (at >= DESC)
		virtio_set_half(address_of(at), at, v);
}

static void write_common(unsigned at, u32 v)
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
	case STATUS:
		virtio_set_status(d, (u8)v);
		break;
	case SELECTED:
		selected = (u16)v;
		break;
	default:
		write_queue(at, v);
	}
}

/* ---- the BAR ---- */
static bool place_of(u64 offset, enum structure *s, unsigned *at)
{
	*at = offset % STRUCTURE_BYTES;
	for (*s = COMMON; *s <= DEVICE; ++*s)
		if (order[*s - 1] == offset / STRUCTURE_BYTES)
			return true;
	return false;
}

static void refuse(const char *what, u64 offset, unsigned bytes)
{
	machine_stop("%s: %s of %u bytes at offset 0x%lx of its BAR: no such register (Virtio 1.2, "
		     "4.1.3.1)",
		     device->name, what, bytes, offset);
}

static bool read_bar(unsigned n, u64 offset, unsigned bytes, u64 *value)
{
	enum structure s;
	unsigned at;

	*value = 0;
	if (n != bar || !place_of(offset, &s, &at) || at + bytes > length(s))
		refuse("a load", offset, bytes);
	if ((s == COMMON && !is_natural(at, bytes)) || (s == DEVICE && !is_field(at, bytes)))
		refuse("a load", offset, bytes);
	if (s == COMMON)
		*value = read_common(at);
	else if (s == ISR)
		*value = virtio_take_isr(device);
	else if (s == DEVICE)
		*value = pci_get(device->config + at, bytes);
	return true;
}

static bool write_bar(unsigned n, u64 offset, unsigned bytes, u64 value)
{
	enum structure s;
	unsigned at;

	if (n != bar || !place_of(offset, &s, &at) || at + bytes > length(s))
		refuse("a store", offset, bytes);
	if ((s == COMMON && !is_natural(at, bytes)) || (s == NOTIFY && bytes != 2))
		refuse("a store", offset, bytes);
	if (s == COMMON)
		write_common(at, (u32)value);
	else if (s == NOTIFY && at == multiplier)
		virtio_notify(device);
	return true;
}

/* ---- the window in configuration space, for drivers that map no BAR (4.1.4.9) ---- */
static void window(unsigned at, unsigned bytes, bool written)
{
	const u8 *c = function.space + WINDOW_AT;
	u64 offset = pci_get(c + 8, 4), v = 0;
	u32 n = pci_get(c + 12, 4);

	if (at > WINDOW_AT + 16 || at + bytes <= WINDOW_AT + 16 || c[4] != bar)
		return;
	if ((n != 1 && n != 2 && n != 4) || offset >= BAR_BYTES)
		return;
	if (written)
		write_bar(bar, offset, n, pci_get(c + 16, n));
	else if (read_bar(bar, offset, n, &v))
		pci_put(function.space + WINDOW_AT + 16, n, v);
}

/* ---- power-on ---- */
static void capability(unsigned n, enum structure s)
{
	unsigned at = CAPABILITY_FIRST + n * CAPABILITY_ROOM;
	u8 *c = function.space + at;

	c[0] = CAPABILITY_VENDOR;
	c[1] = (u8)(s == WINDOW ? 0 : at + CAPABILITY_ROOM);
	c[2] = s == NOTIFY || s == WINDOW ? 20 : 16;
	c[3] = (u8)s;
	if (s == WINDOW) {
		memset(function.settable + at + 4, 0xff, 1);
		memset(function.settable + at + 8, 0xff, 12);
		return;
	}
	c[4] = (u8)bar;
	pci_put(c + 8, 4, order[s - 1] * STRUCTURE_BYTES);
	pci_put(c + 12, 4, length(s));
	if (s == NOTIFY)
		pci_put(c + 16, 4, multiplier);
}

static bool is_master(void)
{
	return pci_is_master(&function);
}

static void wire(bool high)
{
	pci_wire(&function, high);
}

/* From the seed, not from random.h, so that they are the same after a reset. */
static void choose(u64 seed)
{
	bar = 2 * (seed % 3);
	for (unsigned i = 0; i < 4; i++)
		order[i] = (unsigned)(seed / 3 + i) % 4;
	multiplier = seed % 2 ? 4 : 2;
	function.slot = 1 + seed % 5;
}

void virtio_pci_power_on(struct virtio_device *d, unsigned type)
{
	function = (struct bus_function) {
		.read = read_bar, .write = write_bar, .config = window, .flush = virtio_flush
	};
	device = d;
	d->may_access = is_master;
	d->interrupt = wire;
	offered_at = accepted_at = selected = 0;
	choose(knobs.adversary[ADV_UNKNOWN] ? knobs.seed : 0);
	pci_put(function.space, 2, VENDOR);
	pci_put(function.space + 2, 2, DEVICE_FIRST + type);
	function.space[0x06] = 0x10; /* status: it has capabilities */
	function.space[0x08] = 1;    /* revision */
	function.space[0x0b] = 0xff; /* class: no other matches */
	pci_put(function.space + 0x2c, 2, VENDOR);
	pci_put(function.space + 0x2e, 2, DEVICE_FIRST + type);
	function.space[0x34] = CAPABILITY_FIRST;
	function.space[0x3d] = 1; /* INTA */
	pci_set_bar(&function, bar, BAR_BYTES, knobs.seed % 2, false);
	capability(0, COMMON);
	capability(1, NOTIFY);
	capability(2, ISR);
	capability(3, DEVICE);
	capability(4, WINDOW);
	pci_add(&function);
	virtio_power_on(d);
}
