/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/pci_root.h - the PCI host bridge as AML describes it: windows (_CRS), wires
 * (_PRT), and whether firmware grants control of hot-plug slots (_OSC; PCI Firmware
 * Specification 3.3, 4.5).
 */
#pragma once
#include <drivers/acpi/tree.h>

/* Read the bridge with this segment and first bus into *root.  AML runs (aml_start()); context
 * as in aml.h.  -ENOENT: no such bridge, or it has no _CRS; -EIO, -EINVAL as aml_resources(). */
int pci_root_read(struct pci_root *, u32 segment, u32 bus, struct why *);
/*
 * Boot only: if `fdt` was made of the tables, add the windows and wires of its PCI host bridge.
 * Starts AML, which later users need.  True: the tree has changed, so offsets of
 * nodes behind the bridge are stale.  False: nothing to do, or a failure, which is reported
 * through `log`.
 */
bool pci_root_complete(const void *fdt, void (*log)(const char *sentence));
