/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/virtio_mmio.h - the machine's virtio device by MMIO (Virtio 1.2, 4.2): mmio=1.
 *
 * The device is that of virtio.h.  Unlike PCI, no rule orders a read of a register after the
 * device's earlier stores, so a load of InterruptStatus does not make them visible.
 */
#pragma once
#include <machine/device.h>
#include <machine/virtio.h>

extern u64 virtio_mmio_present;                  /* mmio= */
extern struct machine_device virtio_mmio_device; /* 0 bytes: absent */

void virtio_mmio_place(u64 base); /* at power-on, by an architecture */
void virtio_mmio_power_on(struct virtio_device *d, unsigned type);

/* Defined by an architecture: its wire. */
void core_virtio_wire(bool high);
