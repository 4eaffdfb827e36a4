/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/bars.h - the transport of a virtio device on the PCI bus: its capabilities name
 * the BAR of each structure.  Boot CPU, in a PCI driver's start().
 */
#pragma once
#include <drivers/pci/pci.h>
#include <drivers/virtio/virtio.h>

/* Embedded in the driver's device; valid until the function is removed. */
struct virtio_bars {
	struct virtio_transport t;
	struct pci_function *f;
	volatile u8 *at[VIRTIO_STRUCTURES];
};

/* Find and map the structures.  Errors of virtio_find_caps(); -ENOMEM: a BAR cannot be mapped. */
int virtio_bars_open(struct virtio_bars *, struct pci_function *, struct why *);
