/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/virtio_mmio.c - virtio over MMIO (Virtio 1.2, 4.2), version 2 of its registers;
 * see virtio_mmio.h.  virtio.c names registers by their offset in the common configuration of PCI;
 * register_of[] translates them.
 *
 * Two accesses to one device need no barrier: they arrive in program order (Arm ARM B2.10.2.2,
 * Device-nGnRE, accesses to one peripheral; RISC-V privileged spec, "Memory-Ordering PMAs", a
 * strongly ordered I/O region).  virtio.c has the barriers between memory and the device: before
 * the avail index, before the notification, before QueueReady, and after the used index.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/irq/irq.h>
#include <drivers/mmio.h>
#include <drivers/virtio/virtio_mmio.h>
#include <kern/args.h>
#include <kern/log.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <mm/kernel/kpt.h>
#include <mm/vmalloc/ioremap.h>

#define MAGIC 0x74726976u /* "virt" */
#define MODERN 2u
#define DEVICES 4
#define UNCLAIMED_MAX 1000 /* interrupts in a row that the device did not raise */
#define NO_IRQ (~0u)

enum { /* 4.2.2 */
       MAGIC_VALUE = 0x000,
       VERSION = 0x004,
       DEVICE_ID = 0x008,
       QUEUE_SIZE_MAX = 0x034,
       QUEUE_READY = 0x044,
       QUEUE_NOTIFY = 0x050,
       INTERRUPT_STATUS = 0x060,
       INTERRUPT_ACK = 0x064,
       CONFIG = 0x100,
};

/* The register of a field of the common configuration (4.1.4.3); 0: there is none. */
static const u8 register_of[] = {
	[0x00] = 0x14,                       /* DeviceFeaturesSel */
	[0x04] = 0x10,                       /* DeviceFeatures */
	[0x08] = 0x24,                       /* DriverFeaturesSel */
	[0x0c] = 0x20,                       /* DriverFeatures */
	[0x14] = 0x70,                       /* Status */
	[0x15] = 0xfc,                       /* ConfigGeneration */
	[0x16] = 0x30,                       /* QueueSel */
	[0x18] = 0x38,                       /* QueueSize; a read is of QueueSizeMax */
	[0x1c] = QUEUE_READY, [0x20] = 0x80, /* QueueDescLow, QueueDescHigh */
	[0x24] = 0x84,        [0x28] = 0x90, /* QueueDriverLow, QueueDriverHigh */
	[0x2c] = 0x94,        [0x30] = 0xa0, /* QueueDeviceLow, QueueDeviceHigh */
	[0x34] = 0xa4,
};
#define COMMON_QUEUE_SIZE 0x18

static struct virtio_mmio {
	struct virtio_transport t;
	const struct virtio_mmio_driver *driver;
	volatile u8 *regs;
	u32 irq, irq_flags; /* NO_IRQ: polled */
	unsigned unclaimed;
	bool (*handler)(void *);
	void *arg;
} devices[DEVICES];
static unsigned devices_nr;

/* ---- the transport ---- */

static const struct virtio_mmio *mmio_of(const struct virtio_transport *t)
{
	return container_of(t, struct virtio_mmio, t);
}

/* 0: the queue is in use already, or there is none (4.2.3.2, steps 2 and 3). */
static u32 queue_size_max(volatile u8 *regs)
{
	return mmio_read32(regs + QUEUE_READY) ? 0 : mmio_read32(regs + QUEUE_SIZE_MAX);
}

/* "Writing a value with bits set as defined in InterruptStatus": only the bits that were read are
 * acknowledged, so that an event between the read and the write raises the interrupt again. */
static u32 read_interrupts(volatile u8 *regs)
{
	u32 status = mmio_read32(regs + INTERRUPT_STATUS);

	if (status)
		mmio_write32(regs + INTERRUPT_ACK, status);
	return status;
}

/* Registers have 32 bits, fields of the device configuration their own width (4.2.2.2).  There is
 * no register for the notification offset of queue 0: it reads as 0. */
static u32 virtio_mmio_read(const struct virtio_transport *t, enum virtio_structure s, u32 at,
			    unsigned bytes)
{
	volatile u8 *regs = mmio_of(t)->regs;

	if (s == VIRTIO_DEVICE)
		return mmio_read(regs + CONFIG + at, bytes);
	if (s == VIRTIO_ISR)
		return read_interrupts(regs);
	if (at == COMMON_QUEUE_SIZE)
		return queue_size_max(regs);
	return register_of[at] ? mmio_read32(regs + register_of[at]) : 0;
}

static void virtio_mmio_write(const struct virtio_transport *t, enum virtio_structure s, u32 at,
			      unsigned bytes, u32 v)
{
	(void)bytes;
	mmio_write32(mmio_of(t)->regs + (s == VIRTIO_NOTIFY ? QUEUE_NOTIFY : register_of[at]), v);
}

static bool virtio_mmio_wait(const struct virtio_transport *t, struct cpu_pause *p, u64 us)
{
	(void)t;
	return cpu_pause_within(p, us);
}

static void virtio_mmio_interrupt(void *arg)
{
	struct virtio_mmio *m = arg;

	if (m->handler(m->arg))
		m->unclaimed = 0;
	else if (++m->unclaimed == UNCLAIMED_MAX)
		irq_turn_off(m->irq, "recurs and its device does not claim it");
}

static int virtio_mmio_listen(const struct virtio_transport *t, bool (*handler)(void *), void *arg)
{
	struct virtio_mmio *m = container_of(t, struct virtio_mmio, t);

	m->handler = handler;
	m->arg = arg;
	if (!strcmp(arg_text_of(m->driver->name, ARG_IRQ, NULL), "polled") ||
	    (m->irq != NO_IRQ &&
	     irq_request(m->irq, m->irq_flags, m->driver->name, virtio_mmio_interrupt, m)))
		m->irq = NO_IRQ;
	return 0;
}

/* ---- discovery ---- */

static const struct virtio_mmio_driver *driver_of(u32 device)
{
	reg_for_each (virtio_mmio_drivers, it)
		if ((*it)->device == device)
			return *it;
	return NULL;
}

/* -ENODEV: an empty slot, or a device without a driver.  DeviceID 0 is an empty slot, and no error
 * (4.2.2.2); a legacy device has DeviceID at the same offset (4.2.4). */
static int identify(volatile u8 *regs, const struct virtio_mmio_driver **driver, struct why *why)
{
	u32 magic = mmio_read32(regs + MAGIC_VALUE), version, device;

	if (magic != MAGIC)
		return refuse(why, EINVAL, "no virtio device: its magic is 0x%x", magic);
	version = mmio_read32(regs + VERSION);
	device = mmio_read32(regs + DEVICE_ID);
	if (!device)
		return -ENODEV;
	if (version != MODERN)
		return refuse(why, EINVAL,
			      "device %u has registers of version %u, and only 2 is supported",
			      device, version);
	*driver = driver_of(device);
	return *driver ? 0 : -ENODEV;
}

static int begin(const struct device *d, volatile u8 *regs, struct why *why)
{
	struct virtio_mmio *m = &devices[devices_nr];
	const struct virtio_mmio_driver *driver = NULL;
	int err = identify(regs, &driver, why);

	if (err)
		return err;
	if (devices_nr == DEVICES)
		return refuse(why, ENOMEM, "there are %d devices already", DEVICES);
	*m = (struct virtio_mmio) {
		.t = { virtio_mmio_read, virtio_mmio_write, virtio_mmio_wait, virtio_mmio_listen,
		       .device_len = (u32)min_u64(d->len[0] - CONFIG, MiB), .notify_len = 4 },
		.driver = driver,
		.regs = regs,
	};
	/* only for a device, because the lookup is slow: QEMU's virt has 32 slots, mostly empty */
	m->irq = fdt_interrupt(d->fdt, d->node, 0, &m->irq_flags);
	err = driver->start(&m->t, why);
	devices_nr += !err;
	return err;
}

/* Map the slot before the mapping of the previous slot is released: slots in the same page then
 * share one mapping.  Returns the mapping if the slot is not used, else NULL. */
static volatile u8 *try_slot(const struct device *d, volatile u8 *before, struct why *why)
{
	volatile u8 *regs = d->len[0] >= CONFIG ? kpt_map_device(d->pa[0], d->len[0]) : NULL;

	if (before)
		iounmap(before);
	if (!regs) {
		refuse(why, EINVAL, "its registers are too few, or cannot be mapped");
		return NULL;
	}
	return begin(d, regs, why) ? regs : NULL;
}

static int init(const void *fdt, struct why *ignored)
{
	static const char *const compatible[] = { "virtio,mmio", NULL };
	static struct device d;
	volatile u8 *regs = NULL;
	int node = -1;

	(void)ignored;
	while ((node = fdt_next_compatible(fdt, node, compatible)) >= 0) {
		struct why why = { 0 };

		if (!fdt_registers(fdt, node, &d, &why))
			regs = try_slot(&d, regs, &why);
		if (*why.text)
			kprintf("virtio-mmio 0x%lx: %s\n", d.pa[0], why.text);
	}
	if (regs)
		iounmap(regs);
	return 0;
}

/* Call the handlers of devices without an interrupt, or whose interrupt was turned off. */
static void poll(void)
{
	for (struct virtio_mmio *m = devices; m < devices + devices_nr; m++)
		if (m->irq == NO_IRQ || irq_is_off(m->irq))
			m->handler(m->arg);
}

static const struct event_source source = {
	.name = "virtio-mmio", .label = "virtio-mmio", .init = init, .poll = poll
};
EVENT_SOURCE(virtio_mmio, source);
