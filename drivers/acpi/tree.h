/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tree.h - a machine that is described by ACPI, as a device tree.
 *
 * The house reads one description of a machine, a device tree.  Where firmware gives none, this
 * makes one of the static tables, early, before there is memory to ask for: FADT (PSCI), MADT,
 * GTDT, RHCT, SPCR or DBG2, SRAT, MCFG.  What only AML knows, the windows and the wires of the PCI
 * bus, comes into it once there is an allocator (pci_root.h).  The tables are as little trusted as
 * a device tree; what comes out is checked like one that firmware gave.
 *
 * Memory: a node for each range of the SRAT that is there from the beginning, with its proximity
 * domain as numa-node-id.  A hot-pluggable window is no memory and has no node.  UEFI's map, not
 * this, says what is RAM.
 */
#pragma once
#include <drivers/acpi/tables.h>

#define ACPI_TREE_BYTES (128 * KiB)

/* Into `to`, at most `size` bytes; pure.  -ENOMEM: it does not fit.  What is left out is one line
 * through tables->say. */
int acpi_tree_make(const struct tables *, void *to, u64 size, struct why *);
bool acpi_tree_is(const void *fdt); /* was it made here? */

/* Where the image runs at its link address and nothing is allocated yet: read what the RSDP leads
 * to and make the tree inside the image, in memory that further lives find.  NULL, and the
 * sentence.  `holds`: may tables be there?  NULL: anywhere. */
const void *acpi_tree_early(paddr_t rsdp, bool (*holds)(paddr_t, u64 len), struct why *);
/* What was left out then, now that somebody hears it. */
void acpi_tree_tell(void (*say)(const char *sentence));
/* The same buffer, ACPI_TREE_BYTES: for what comes into the tree later, or a tree to compare. */
void *acpi_tree_buffer(void);

/* ---- what AML knows of the PCI bus ---- */
#define PCI_ROOT_WINDOWS 8
#define PCI_ROOT_WIRES 256
struct pci_root {
	bool slots_refused; /* firmware keeps hot plug for itself */
	unsigned nr_windows, nr_wires;
	struct {
		u64 bus, pa, len;
	} window[PCI_ROOT_WINDOWS];
	struct {
		u32 slot, pin; /* pin: 1 is INTA */
		u32 gsi, trigger;
	} wire[PCI_ROOT_WIRES];
};
/* Into the bridge of a tree that was made here, in a buffer of `size`; the tree's other nodes stay
 * where they are.  -ENOENT: it has no bridge; -EEXIST: one that has its windows. */
int acpi_tree_add_pci(const struct tables *, void *fdt, u64 size, const struct pci_root *,
		      struct why *);

/* Will a machine of these tables have a console here?  NULL, or the sentence why not.  `at`: bytes
 * at a physical address, or NULL.  Everything is on the stack and no stored pointer is followed, so
 * that arm64's UEFI stub may ask.  (riscv64 always has its firmware's console.) */
const char *acpi_console_missing(const u8 *(*at)(paddr_t, u64 len), paddr_t rsdp, struct why *);
