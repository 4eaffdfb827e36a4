/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/mem_source.c - virtio-mem: memory that a hypervisor resizes (Virtio 1.2, 5.15);
 * start and stop of the devices, and the event source.
 *
 * The device's memory is plugged in sub-blocks (2 MiB), several to a memory block
 * (mm/hotplug/subblock.h). A change of the requested size raises an interrupt; mem_source_resize.c
 * plugs or unplugs in steps.
 *
 * Unplugged memory is never accessed: the memmap is in other memory.  So the driver does not depend
 * on VIRTIO_MEM_INACCESSIBLE.
 */
#include <drivers/virtio/mem_source.h>
#include <drivers/virtio/mem_source_internal.h>
#include <drivers/virtio/virtio_mmio.h>
#include <lib/assert.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/hotplug.h>
#include <mm/vmalloc/vmalloc.h>

#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_MEM 0x1058
#define VIRTIO_MEM_ID 24 /* Virtio 1.2, 5 */

#define DEVICES 4

static struct device_mem devices[DEVICES];

static struct device_mem *device_nth(unsigned n)
{
	for (struct device_mem *d = devices; d < devices + DEVICES; d++)
		if (d->used && !n--)
			return d;
	return NULL;
}

/* ---- run time ---- */

static void virtio_mem_work(struct work *w)
{
	virtio_mem_step(container_of(w, struct device_mem, look));
}

static void retry(struct work *w)
{
	virtio_mem_step(container_of(w, struct device_mem, retry));
}

/* Interrupt handler: the read of the ISR status acknowledges it.  True: this device raised it. */
static bool virtio_mem_interrupt(void *arg)
{
	struct device_mem *d = arg;
	u8 isr = virtio_isr(&d->v);

	if (isr)
		work_post(&d->look);
	return isr != 0;
}

/* Notifier: the operator may add a removed block again only if all its sub-blocks are plugged.  An
 * add by an event of the device itself is not checked: its sub-blocks are being plugged. */
static int virtio_mem_notify(enum hotplug_note note, paddr_t pa, u64 len, struct why *why)
{
	const struct device_mem *d;

	for (unsigned i = 0; note == NOTE_PREPARE_ADD && (d = device_nth(i)); i++) {
		u64 end = min_u64(pa + len, d->config.pa + d->config.region);

		if (event_pending(&d->event)) /* an event of the device itself */
			continue;
		for (u64 at = max_u64(pa, d->config.pa); at < end; at += d->config.subblock_bytes)
			if (!subblock_present(&d->subblocks,
					      (at - d->config.pa) / d->config.subblock_bytes))
				return refuse(why, EPERM,
					      "0x%lx belongs to virtio-mem and is not plugged", at);
	}
	return 0;
}

static const struct hotplug_notifier notifier = { .name = "virtio-mem", .call = virtio_mem_notify };
HOTPLUG_NOTIFIER(virtio_mem, notifier);

/* ---- start and stop ---- */

/* Allocate the bitmap of plugged sub-blocks. */
static int alloc_subblock_map(struct device_mem *d, struct why *why)
{
	u64 bytes;

	d->subblocks.first = d->config.pa >> page_shift();
	d->subblocks.each = d->config.subblock_bytes >> page_shift();
	d->subblocks.nr = d->config.region / d->config.subblock_bytes;
	bytes = align_up(d->subblocks.nr, 64) / 8;
	d->map_pages = (bytes + page_size() - 1) >> page_shift();
	d->subblocks.bits = vmalloc(d->map_pages, 0, "virtio-mem");
	return d->subblocks.bits ? 0 : refuse(why, ENOMEM, "virtio-mem: no memory for its map");
}

/* Does the region consist of whole blocks in the range of the linear map? */
static int check_config(const struct virtio_mem_config *c, struct why *why)
{
	int err = virtio_mem_check(c, page_size(), layout.block_bytes, why);

	if (err || layout_is_mappable(c->pa, c->region))
		return err;
	return refuse(why, ERANGE, "virtio-mem: %s is beyond what the linear map reaches",
		      range_text(c->pa, c->region).text);
}

/* A free device, initialised; NULL with -ENOMEM in *why. */
static struct device_mem *free_place(struct why *why)
{
	for (struct device_mem *d = devices; d < devices + DEVICES; d++)
		if (!d->used) {
			*d = (struct device_mem) { .below = VIRTIO_MEM_NO_PART,
						   .wanted = VIRTIO_MEM_NO_PART,
						   .unplug_at = VIRTIO_MEM_NO_PART };
			work_init(&d->look, virtio_mem_work);
			work_init(&d->retry, retry);
			return d;
		}
	refuse(why, ENOMEM, "virtio-mem: there are %d already", DEVICES);
	return NULL;
}

/* Negotiate, read and check the configuration, install the interrupt handler and post the first
 * step.  A failure resets the device and frees everything. */
static int virtio_mem_begin(struct device_mem *d, const struct virtio_transport *t, struct why *why)
{
	u64 got;
	int err = virtio_start(&d->v, t, 0, VIRTIO_MEM_INACCESSIBLE | VIRTIO_MEM_NODE, &got, why);

	if (err)
		return err;
	err = virtio_config(&d->v, &d->config, sizeof(d->config), VIRTIO_MEM_HALVES, why);
	if (!err)
		err = check_config(&d->config, why);
	if (!err)
		err = alloc_subblock_map(d, why);
	if (!err && t->listen(t, virtio_mem_interrupt, d))
		err = refuse(why, ENOMEM, "virtio-mem: too many interrupt handlers");
	if (err) {
		virtio_stop(&d->v, NULL);
		if (d->subblocks.bits)
			vfree(d->subblocks.bits, d->map_pages);
		return err;
	}
	d->node = got & VIRTIO_MEM_NODE && d->config.node < NODES_MAX ? d->config.node : 0;
	d->fresh = !d->config.plugged;
	d->used = true;
	work_post(&d->look);
	return 0;
}

int virtio_mem_start(const struct virtio_transport *t, struct why *why)
{
	struct device_mem *d = free_place(why);

	return d ? virtio_mem_begin(d, t, why) : -ENOMEM;
}

/* Driver callback: a virtio-mem function on the PCI bus. */
static int start(struct pci_function *f, struct why *why)
{
	struct device_mem *d = free_place(why);
	int err = d ? virtio_bars_open(&d->bars, f, why) : -ENOMEM;

	f->private = d;
	return err ? err : virtio_mem_begin(d, &d->bars.t, why);
}

/* The started device of this transport, or NULL. */
static struct device_mem *device_of(const struct virtio_transport *t)
{
	for (struct device_mem *d = devices; d < devices + DEVICES; d++)
		if (d->used && d->v.t == t)
			return d;
	return NULL;
}

int virtio_mem_stop(const struct virtio_transport *t, struct why *why)
{
	struct device_mem *d = device_of(t);
	int err;

	if (!d)
		return refuse(why, ENODEV, "virtio-mem: it was not started");
	for (u64 sb = 0; sb < d->subblocks.nr; sb += subblocks_of_block(d))
		if (block_of(d, sb))
			return refuse(why, EBUSY, "virtio-mem: block %lu is there",
				      block_nr(subblock_pa(d, sb)));
	d->v.dead = true; /* work that is still posted does nothing */
	work_time_passes(VIRTIO_MEM_BACK_OFF_MAX_MS);
	event_run();
	ASSERT(!d->look.posted && !d->retry.posted && !event_pending(&d->event));
	err = virtio_stop(&d->v, why);
	vfree(d->subblocks.bits, d->map_pages);
	d->used = false;
	return err;
}

bool virtio_mem_state(const struct virtio_transport *t, struct virtio_mem_state *s)
{
	const struct device_mem *d = device_of(t);

	if (!d)
		return false;
	*s = (struct virtio_mem_state) { .have = d->have,
					 .dead = d->v.dead,
					 .back_off_ms = d->retry.posted ? d->back_off : 0 };
	memcpy(s->answers, d->answers, sizeof(s->answers));
	return true;
}

/* While a device is live it may read its queue at any time, even without a notification, and act on
 * the contents (Virtio 1.2, 2.7.13). */
const char *virtio_mem_abandon(void)
{
	for (struct device_mem *d = devices; d < devices + DEVICES; d++)
		if (d->used && !virtio_abandon(&d->v))
			return "a virtio-mem device does not reset";
	return NULL;
}

unsigned virtio_mem_found(unsigned *live)
{
	const struct device_mem *d;
	unsigned n = 0;

	for (*live = 0; (d = device_nth(n)); n++)
		*live += d->v.found != 0;
	return n;
}

/* Compare the device's state of each sub-block with our bitmap. */
static int audit(struct device_mem *d, u64 *nr, struct why *why)
{
	u64 end = min_u64(d->config.usable / d->config.subblock_bytes, d->subblocks.nr);
	struct virtio_mem_response a;

	for (u64 sb = 0; sb < end; sb++, ++*nr) {
		int err = virtio_mem_send(d, VIRTIO_MEM_STATE, sb, 1, &a);

		if (err)
			return refuse(why, EIO,
				      "sub-block %lu: the device does not report its state", sb);
		if ((a.state == VIRTIO_MEM_PLUGGED) != subblock_present(&d->subblocks, sb))
			return refuse(why, EIO,
				      "sub-block %lu is %s for the device, but not for the driver",
				      sb, a.state == VIRTIO_MEM_PLUGGED ? "plugged" : "unplugged");
	}
	return 0;
}

int virtio_mem_audit(u64 *nr, struct why *why)
{
	int err = 0;

	*nr = 0;
	for (unsigned i = 0; !err && device_nth(i); i++)
		err = audit(device_nth(i), nr, why);
	return err;
}

static bool match(const struct pci_function *f)
{
	return f->vendor == VIRTIO_VENDOR && f->device == VIRTIO_MEM;
}

static const struct pci_driver driver = { .name = "virtio-mem", .match = match, .start = start };
PCI_DRIVER(virtio_mem, driver);

static const struct virtio_mmio_driver mmio_driver = { .name = "virtio-mem",
						       .device = VIRTIO_MEM_ID,
						       .start = virtio_mem_start };
VIRTIO_MMIO_DRIVER(virtio_mem, mmio_driver);

static void describe(char *buf, size_t size)
{
	const struct pci_function *f = device_nth(0) ? device_nth(0)->bars.f : NULL;
	u64 have = 0, region = 0;

	for (unsigned i = 0; device_nth(i); i++) {
		have += device_nth(i)->have * device_nth(i)->config.subblock_bytes;
		region += device_nth(i)->config.region;
	}
	if (region)
		snprintf(buf, size, "%lu of %lu MiB%s%s", have / MiB, region / MiB, f ? ", " : "",
			 f ? pci_irq_name(f) : "");
	else
		*buf = '\0'; /* absent devices are not in the banner */
}

const struct event_source virtio_mem_source = {
	.name = "virtio-mem",
	.label = "virtio-mem",
	.describe = describe,
	.answer = virtio_mem_answered,
	.memmap = "host",
};
EVENT_SOURCE(virtio_mem, virtio_mem_source);
