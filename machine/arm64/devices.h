/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/devices.h - the devices of the arm64 machine.
 */
#pragma once
#include "cpu.h"
#include <machine/core.h>
#include <machine/device.h>
#include <machine/pci.h>
#include <machine/virtio_mmio.h>

#define IO_BASE 0x8000000ul /* io=: all but the PCI host bridge and the flash */
#define GICD_BASE core_io
#define GICC_BASE (core_io + 0x10000)
#define GICR_BASE (core_io + 0xa0000)
#define GICR_BYTES 0x20000ul
extern struct machine_device gicd_device, gicr_device;  /* GICv3 */
extern struct machine_device gicv2_device, gicc_device; /* GICv2: distributor, CPU interfaces */
#define GICV2_CPUS 8u
extern struct machine_device bcm2836_device; /* gic=0 */
#define BCM2836_CPUS 4u
extern unsigned gic_accessor; /* the CPU that accesses a device: GICv2's registers are banked */
void gic_power_on(void);      /* frames of other controllers have 0 bytes */
void gic_wire(unsigned id, bool high); /* the wire of a shared interrupt */

#define UART_BASE (core_io + 0x1000000)
#define UART_ID 33u
extern struct machine_device uart_device;
void uart_power_on(void);

/* ---- the PCI host bridge: below and above RAM; its pins raise PCI_ID to PCI_ID + 3 ---- */
#define PCI_LOW_BASE 0x10000000ul
#define PCI_LOW_BYTES 0x20000000ul
#define PCI_ECAM_BASE 0x3f000000ul
#define PCI_HIGH_BASE BIT(38)
#define PCI_HIGH_BYTES (8 * GiB)
#define PCI_ID 35u

/* ---- the virtio device by MMIO ---- */
#define VIRTIO_BASE (core_io + 0x2000000)
#define VIRTIO_ID 39u
