/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/bars.h - the transport of a virtio device on the PCI bus: its capabilities say in
 * which BAR each structure is.  Boot CPU, in a PCI driver's start.
 */
#pragma once
#include <drivers/pci/pci.h>
#include <drivers/virtio/virtio.h>

struct virtio_bars {
	struct virtio_transport t;
	struct pci_function *f;
	volatile u8 *at[VIRTIO_STRUCTURES];
};

int virtio_bars_open(struct virtio_bars *, struct pci_function *, struct why *);
