/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/host.h - a host bridge as the device tree describes it (pci-host-ecam-generic; IEEE
 * 1275 PCI bus binding): where configuration space is, which addresses devices may have, which
 * interrupt the pins are wired to.  Pure parsing.
 */
#pragma once
#include <drivers/pci/window.h>

struct pci_host {
	const void *fdt;
	int node;
	paddr_t ecam;
	u64 ecam_len;
	u8 bus_first, bus_last;
	struct pci_window low, high; /* memory below 4 GiB of the bus; memory of 64 bits */
};

int pci_host_parse(const void *fdt, int node, struct pci_host *, struct why *);
/* Interrupt of pin 1..4 of a device on the root bus, or ~0: not wired, or not understood. */
u32 pci_host_irq(const struct pci_host *, unsigned slot, unsigned pin, u32 *flags);

/* phandle of who takes messages of this function (bus, device and function in 16 bits); 0: nobody.
 */
u32 pci_host_messages(const struct pci_host *, u32 requester);

/* A device behind a bridge at `slot`: the pin as the bridge passes it on (PCI-to-PCI Bridge 1.2,
 * 9.1). */
static inline unsigned pci_swizzle(unsigned slot, unsigned pin)
{
	return (slot + pin - 1) % 4 + 1;
}
