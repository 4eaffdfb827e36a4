/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/caps.h - the registers of a modern virtio device (Virtio 1.2, 4.1.4): a vendor
 * capability names the BAR and offset of each structure.  No dependencies on the kernel; every
 * bound is checked.
 */
#pragma once
#include <drivers/pci/config.h>

enum virtio_structure { /* cfg_type */
			VIRTIO_COMMON = 1,
			VIRTIO_NOTIFY,
			VIRTIO_ISR,
			VIRTIO_DEVICE,
			VIRTIO_STRUCTURES,
};

/* Locations of the structures, verified against their BARs. */
struct virtio_caps {
	struct virtio_place {
		bool found;
		u8 bar;
		u32 offset, len;
	} at[VIRTIO_STRUCTURES];
	u32 notify_multiplier;
};

/* Find all structures.  -ENOENT: one is missing; -EINVAL: a capability is malformed; -EIO,
 * -ENODEV: as pci_capability(). */
int virtio_find_caps(const struct pci_config *, const struct pci_bar bar[PCI_BARS],
		     struct virtio_caps *, struct why *);
