/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/devices.h - the devices of the riscv64 machine.
 */
#pragma once
#include <machine/core.h>
#include <machine/device.h>
#include <machine/machine.h>
#include <machine/pci.h>
#include <machine/virtio_mmio.h>

/* ---- the UART: a 16550; its wire raises PLIC source UART_SOURCE ---- */
#define UART_BASE (core_io + 0x4000000)
#define UART_SOURCE 10u
extern struct machine_device uart_device;
void uart_power_on(void);

/* ---- the PLIC (RISC-V PLIC specification 1.0.0): context 2 * hart + 1 is a hart's S-mode ---- */
#define IO_BASE 0xc000000ul /* io=: all but the PCI host bridge and the flash */
#define PLIC_BASE core_io
#define PLIC_SOURCES 32u
extern struct machine_device plic_device;
void plic_power_on(void);
void plic_wire(unsigned source, bool high);
bool plic_pending(unsigned hart);

/* ---- the PCI host bridge: below and above RAM; pins raise PCI_SOURCE to PCI_SOURCE + 3 ---- */
#define PCI_ECAM_BASE 0x30000000ul
#define PCI_LOW_BASE 0x40000000ul
#define PCI_LOW_BYTES 0x40000000ul
#define PCI_HIGH_BASE BIT(38)
#define PCI_HIGH_BYTES (8 * GiB)
#define PCI_SOURCE 20u

/* ---- the virtio device by MMIO ---- */
#define VIRTIO_BASE (core_io + 0x4001000)
#define VIRTIO_SOURCE 24u
