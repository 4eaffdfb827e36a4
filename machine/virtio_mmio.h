/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/virtio_mmio.h - the machine's virtio device by MMIO (Virtio 1.2, 4.2): mmio=1.
 *
 * The device is that of virtio.h.  What differs from PCI: no rule has a read of a register wait for
 * what the device has stored before, so a load of InterruptStatus finds memory as it is.
 */
#pragma once
#include <machine/device.h>
#include <machine/virtio.h>

extern u64 virtio_mmio_there;                    /* mmio= */
extern struct machine_device virtio_mmio_device; /* 0 bytes: not there */

void virtio_mmio_place(u64 base); /* at power-on, by an architecture */
void virtio_mmio_power_on(struct virtio_device *d, unsigned type);

/* An architecture's: its wire. */
void core_virtio_wire(bool high);
