/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/devices.h - the devices of the riscv64 machine.
 */
#pragma once
#include <machine/device.h>
#include <machine/machine.h>
#include <machine/pci.h>
#include <machine/virtio_mmio.h>

/* ---- the UART: a 16550; its wire raises PLIC source UART_SOURCE ---- */
#define UART_BASE 0x10000000ul
#define UART_SOURCE 10u
extern const struct machine_device uart_device;
void uart_power_on(void);

/* ---- the PLIC (RISC-V PLIC specification 1.0.0): context 2 * hart + 1 is a hart's S-mode ---- */
#define PLIC_BASE 0xc000000ul
#define PLIC_SOURCES 32u
extern const struct machine_device plic_device;
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
#define VIRTIO_BASE 0x10001000ul
#define VIRTIO_SOURCE 24u
