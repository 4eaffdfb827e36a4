/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/pci_root.h - what AML knows of the PCI host bridge: its windows (_CRS), its wires
 * (_PRT), and whether firmware lets us have its slots (_OSC; PCI Firmware Specification 3.3, 4.5).
 */
#pragma once
#include <drivers/acpi/tree.h>

/* Of the bridge with this segment and first bus; AML is running. */
int pci_root_read(struct pci_root *, u32 segment, u32 bus, struct why *);
/* Boot: put it into a tree that was made of the tables; a line where it cannot be.  AML stays in
 * use for whoever comes after.  True: the tree has changed. */
bool pci_root_complete(const void *fdt, void (*say)(const char *sentence));
