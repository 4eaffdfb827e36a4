/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tree.h - a device tree made of the ACPI tables.
 *
 * All other code reads one description of the machine, a device tree.  If firmware provides none,
 * acpi_tree_early() makes one of the static tables, in early boot, without an allocator: FADT
 * (PSCI), MADT, GTDT, RHCT, SPCR or DBG2, SRAT, MCFG.  Only AML describes windows and wires of the
 * PCI bus; they are added when there is an allocator (pci_root.h).  The tables are not trusted; the
 * result is checked like a tree from firmware.
 *
 * Memory: one node for each range of the SRAT that is RAM at boot, with its proximity domain as
 * numa-node-id.  A hot-pluggable window is not memory and has no node.  UEFI's memory map, not
 * this tree, defines which addresses are RAM.
 */
#pragma once
#include <drivers/acpi/tables.h>

#define ACPI_TREE_BYTES (128 * KiB)

/* Write a device tree to `to`, at most `size` bytes.  Boot CPU only, not reentrant (static
 * buffers).  -ENOMEM: it does not fit.  Faults in tables are reported through tables->log, one
 * line each. */
int acpi_tree_make(const struct tables *, void *to, u64 size, struct why *);
bool acpi_tree_is(const void *fdt); /* was it made by acpi_tree_make()? */

/* In early boot, at the link address, before any allocation: read the tables and make the tree in a
 * buffer of the image that survives restarts.  NULL with the sentence on failure.  `holds`: may
 * [pa, pa + len) contain tables?  NULL: any address may. */
const void *acpi_tree_early(paddr_t rsdp, bool (*holds)(paddr_t, u64 len), struct why *);
/* Report through `log` the messages of acpi_tree_early(), which were queued because there was no
 * console yet. */
void acpi_tree_report(void (*log)(const char *sentence));
/* The buffer of acpi_tree_early(), ACPI_TREE_BYTES long, for additions to the tree. */
void *acpi_tree_buffer(void);

/* ---- additions from AML ---- */
#define PCI_ROOT_WINDOWS 8
#define PCI_ROOT_WIRES 256
/* Filled by pci_root_read(): addresses on the bus and of CPUs, wires by device and pin. */
struct pci_root {
	bool slots_refused; /* firmware did not grant native hot plug */
	unsigned nr_windows, nr_wires;
	struct {
		u64 bus, pa, len;
	} window[PCI_ROOT_WINDOWS];
	struct {
		u32 slot, pin; /* pin: 1 is INTA */
		u32 gsi, trigger;
	} wire[PCI_ROOT_WIRES];
};
/* Add windows and wires to the bridge of a tree of acpi_tree_make(), in a buffer of `size` bytes.
 * The offsets of its other nodes stay valid.  -ENOENT: the tree has no bridge; -EEXIST:
 * it already has windows; -ENOMEM: it does not fit. */
int acpi_tree_add_pci(const struct tables *, void *fdt, u64 size, const struct pci_root *,
		      struct why *);

/* NULL: the tables describe a console that has a driver; else the sentence why not.  `at` returns
 * readable bytes at a physical address, or NULL.  Uses only the stack and follows no stored
 * pointer, because arm64's UEFI stub calls it before relocation.  (On riscv64 there is always the
 * console of SBI.) */
const char *acpi_console_missing(const u8 *(*at)(paddr_t, u64 len), paddr_t rsdp, struct why *);
