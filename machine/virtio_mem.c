/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/virtio_mem.c - the virtio-mem device (virtio_mem.h): the driver's requests, and the sizes
 * that the device requests.
 */
#include <machine/core.h>
#include <machine/device.h>
#include <machine/order.h>
#include <machine/pci.h>
#include <machine/random.h>
#include <machine/schedule.h>
#include <machine/virtio_mem.h>
#include <machine/virtio_mmio.h>
#include <machine/virtio_pci.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE 24u
#define INACCESSIBLE BIT(1)
#define VERSION_1 BIT(32)
#define PART (2 * MiB)
#define REGION_ALIGNED GiB
#define NEVER (~0ul)
#define WAITS (4ul << 20) /* steps between a size and the next, at most */

enum request { PLUG, UNPLUG, UNPLUG_ALL, STATE };
enum response { ACK, NACK, BUSY, ERROR };
enum state { PLUGGED, UNPLUGGED, MIXED };

/* Little endian, as the host. */
static struct {
	u64 part;
	u16 node;
	u8 unused[6];
	u64 pa, region, usable, plugged, requested;
} config;

u64 virtio_mem_bytes;
static u8 *is_plugged; /* a byte for each part */
static u64 *sizes;
static unsigned sizes_nr, sizes_at, sizes_reported;
static u64 next_size = NEVER; /* the step at which the next one is requested */

bool virtio_mem_sizes(const char *text)
{
	u64 *more = realloc(sizes, (sizes_nr + strlen(text) + 1) * sizeof(*sizes));
	char *rest;

	if (!more)
		return false;
	sizes = more;
	do {
		u64 mib = strtoul(text, &rest, 10);

		if (rest == text || mib % (PART / MiB))
			return false;
		sizes[sizes_nr++] = mib * MiB;
		text = rest + 1;
	} while (*rest == ',');
	return !*rest;
}

/* ---- requests (5.15.6) ---- */
struct mem_parts {
	u64 first, nr; /* parts */
};

/* False: the range is not whole parts of the usable region. */
static bool run_of(u64 pa, u16 nr, struct mem_parts *r)
{
	u64 bytes = nr * PART;

	*r = (struct mem_parts) { (pa - config.pa) / PART, nr };
	return nr && is_aligned(pa, PART) && pa >= config.pa && bytes <= config.usable &&
	       pa - config.pa <= config.usable - bytes;
}

static enum state state_of(const struct mem_parts *r)
{
	u64 n = 0;

	for (u64 i = 0; i < r->nr; i++)
		n += is_plugged[r->first + i];
	return !n ? UNPLUGGED : n == r->nr ? PLUGGED : MIXED;
}

/* Perform the buffered stores of all CPUs to the part. */
static void drain_stores(u64 pa)
{
	for (unsigned i = 0; i < machine_cpus(); i++)
		for (u64 at = 0; at < PART; at += FRAME_BYTES)
			if (memory_frame(pa + at)->last)
				order_push(i, pa + at);
}

static void set(const struct mem_parts *r, bool plugged)
{
	for (u64 i = 0; i < r->nr; i++)
		if (is_plugged[r->first + i] != plugged) {
			if (!plugged)
				drain_stores(config.pa + (r->first + i) * PART);
			is_plugged[r->first + i] = plugged;
			config.plugged += plugged ? PART : -PART;
		}
	if (!plugged)
		core_memory_removed();
}

static void note_size(void)
{
	if (config.plugged != config.requested || sizes_reported == sizes_at)
		return;
	sizes_reported = sizes_at;
	fprintf(stderr, "worst: virtio-mem: %lu MiB are plugged, as requested (step %lu)\n",
		config.plugged / MiB, ordering.steps);
	if (sizes_at < sizes_nr)
		next_size = ordering.steps + 1 + random_below(WAITS);
	device_due[DEVICE_SIZE] = next_size;
}

static enum response plug(const struct mem_parts *r)
{
	if (state_of(r) != UNPLUGGED)
		return ERROR;
	if (config.plugged + r->nr * PART > config.requested)
		return NACK;
	set(r, true);
	return ACK;
}

static enum response unplug(const struct mem_parts *r)
{
	if (state_of(r) != PLUGGED)
		return ERROR;
	set(r, false);
	return ACK;
}

static enum response unplug_all(void)
{
	set(&(struct mem_parts) { 0, config.region / PART }, false);
	return ACK;
}

/* The device may answer BUSY to any request. */
static bool is_busy(enum request type)
{
	return type <= UNPLUG_ALL && knobs.adversary[ADV_DEVICE] && one_in(128);
}

static enum response respond(u16 type, u64 pa, u16 nr, u16 *state)
{
	struct mem_parts r;

	if (type > STATE || (type != UNPLUG_ALL && !run_of(pa, nr, &r)))
		return ERROR;
	if (is_busy(type))
		return BUSY;
	if (type == PLUG)
		return plug(&r);
	if (type == UNPLUG)
		return unplug(&r);
	if (type == UNPLUG_ALL)
		return unplug_all();
	*state = (u16)state_of(&r);
	return ACK;
}

static u32 request(const u8 *in, u32 bytes, u8 *out, u32 room)
{
	u16 type = (u16)pci_get(in, 2), nr = (u16)pci_get(in + 16, 2), state = 0;
	u64 pa = pci_get(in + 8, 4) | (u64)pci_get(in + 12, 4) << 32;
	enum response answer = bytes < 24 || room < 10 ? ERROR : respond(type, pa, nr, &state);

	pci_put(out, 8, (u64)answer);
	pci_put(out + 8, 2, state);
	note_size();
	return room < 10 ? room : 10;
}

/* ---- the sizes that it requests ---- */
static void ready(void)
{
	if (sizes_at < sizes_nr && next_size == NEVER && !sizes_at)
		next_size = ordering.steps + 1 + random_below(WAITS);
	device_due[DEVICE_SIZE] = next_size;
}

static struct virtio_device device = {
	.name = "virtio-mem",
	.offers = VERSION_1 | INACCESSIBLE | VIRTIO_INDIRECT,
	.needs = VERSION_1 | INACCESSIBLE,
	.config_bytes = sizeof(config),
	.config = (const u8 *)&config,
	.halves = 4, /* node, at 8 */
	.request = request,
	.ready = ready,
};

/* The usable region ends at a random place after the requested size, and does not shrink. */
static void request_next(void)
{
	next_size = NEVER;
	config.requested = min_u64(sizes[sizes_at++], config.region);
	if (config.usable < config.requested)
		config.usable = min_u64(config.region, config.requested + PART * random_below(64));
	virtio_changed(&device);
	note_size();
	device_due[DEVICE_SIZE] = next_size;
}

static void act(void)
{
	if (ordering.steps >= device_due[DEVICE_SIZE])
		request_next();
	if (ordering.steps >= device_due[DEVICE_QUEUE])
		virtio_act(&device);
}

/* ---- power-on ---- */
static void (*visible)(unsigned cpu, u64 word, struct frame_state *f);

static void stored(unsigned cpu, u64 word, struct frame_state *f)
{
	visible(cpu, word, f);
	if (cpu != ORDER_DEVICE)
		virtio_visible(&device, word);
}

void virtio_mem_add(u64 end)
{
	struct ram_bank *b;

	if (!virtio_mem_bytes)
		return;
	if (!pci_present && !virtio_mmio_present)
		machine_refuse("vmem", "a virtio-mem device needs pci=1 or mmio=1");
	config.part = PART;
	config.pa = align_up(end, REGION_ALIGNED);
	config.region = virtio_mem_bytes;
	is_plugged = calloc(virtio_mem_bytes / PART, 1);
	if (!is_plugged || memory_add(config.pa, virtio_mem_bytes))
		machine_refuse("vmem", "the host has no room");
	b = memory_bank(config.pa);
	b->plugged = is_plugged;
	b->part = PART;
	visible = order_hooks.visible;
	order_hooks.visible = stored;
}

void virtio_mem_power_on(bool again)
{
	if (!virtio_mem_bytes)
		return;
	device_act = act;
	if (!again || one_in(2)) {
		memset(is_plugged, 0, virtio_mem_bytes / PART);
		config.plugged = config.usable = 0;
	}
	config.requested = config.plugged;
	config.usable = config.plugged ? config.region : 0;
	sizes_at = sizes_reported = 0;
	next_size = NEVER;
	if (virtio_mmio_present)
		virtio_mmio_power_on(&device, TYPE);
	else
		virtio_pci_power_on(&device, TYPE);
}
