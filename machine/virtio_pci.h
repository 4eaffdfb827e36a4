/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/virtio_pci.h - the PCI transport of the machine's virtio device.
 */
#pragma once
#include <machine/virtio.h>

/* Add it to the root bus; type: of the device (Virtio 1.2, 5). */
void virtio_pci_power_on(struct virtio_device *d, unsigned type);
