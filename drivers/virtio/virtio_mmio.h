/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/virtio_mmio.h - virtio devices over MMIO: "virtio,mmio" nodes of the device tree
 * (Virtio 1.2, 4.2).  They are found and started once, at boot.
 */
#pragma once
#include <drivers/virtio/virtio.h>
#include <lib/reg.h>

struct virtio_mmio_driver {
	const char *name; /* of its arguments: NAME.irq= */
	u32 device;       /* DeviceID */
	/* Start the device; the transport's listen() enables its interrupt.  After a success the
	 * transport is permanent. */
	int (*start)(const struct virtio_transport *, struct why *);
};
REG_DECLARE(virtio_mmio_drivers, struct virtio_mmio_driver);
#define VIRTIO_MMIO_DRIVER(id, object) REGISTER(virtio_mmio_drivers, id, object)
