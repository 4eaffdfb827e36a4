/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/caps.h - where a modern virtio device has its registers (Virtio 1.2, 4.1.4): a
 * vendor capability for each structure, inside a BAR.  Pure; every bound is checked.
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

struct virtio_caps {
	struct virtio_place {
		bool found;
		u8 bar;
		u32 offset, len;
	} at[VIRTIO_STRUCTURES];
	u32 notify_multiplier;
};

/* -ENOENT names what is missing, -EINVAL the capability that cannot be; -EIO, -ENODEV. */
int virtio_find_caps(const struct pci_config *, const struct pci_bar bar[PCI_BARS],
		     struct virtio_caps *, struct why *);
