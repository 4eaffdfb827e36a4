/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/host_bridge.h - a host bridge in the device tree (pci-host-ecam-generic; IEEE 1275
 * PCI bus binding): the location of configuration space, the address windows for devices, and the
 * interrupts of the INTx wires.  Parsing only: no register is accessed.
 */
#pragma once
#include <drivers/pci/window.h>

/* The host bridge; the windows' free space is managed in `low` and `high`. */
struct pci_host {
	const void *fdt;
	int node;
	paddr_t ecam;
	u64 ecam_len;
	u8 bus_first, bus_last;
	struct pci_window low, high; /* 32-bit and 64-bit memory on the bus */
};

/* Fill *host from a node.  -EINVAL with the sentence: no usable configuration space or memory
 * window. */
int pci_host_parse(const void *fdt, int node, struct pci_host *, struct why *);
/* Interrupt of pin 1..4 of a device on the root bus, in the numbering of irq_request(), and its
 * trigger; ~0: not wired, malformed, or wired to another controller. */
u32 pci_host_irq(const struct pci_host *, unsigned slot, unsigned pin, u32 *flags);

/* phandle of the controller that takes MSIs of this requester (bus, device and function in 16
 * bits); 0: none. */
u32 pci_host_messages(const struct pci_host *, u32 requester);

/* The pin on the primary side of a bridge to which `pin` of the device at `slot` behind it is
 * routed (PCI-to-PCI Bridge 1.2, 9.1). */
static inline unsigned pci_swizzle(unsigned slot, unsigned pin)
{
	return (slot + pin - 1) % 4 + 1;
}
