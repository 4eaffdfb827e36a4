/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/msi.h - MSI and MSI-X (PCI Express Base 5.0, 7.7).
 *
 * Finding the capability is pure parsing, as in config.h: a truncated capability, or a table
 * outside its BAR, is refused with one sentence.  Each function uses one message; its other
 * vectors stay masked.  Boot CPU; the caller excludes concurrent use of the function.
 */
#pragma once
#include <drivers/device.h>
#include <drivers/pci/config.h>

#define PCI_CAP_MSI 0x05
#define PCI_CAP_MSIX 0x11
#define PCI_MSIX_ENTRY 16u

/* The capability in use: found by pci_find_msi() or pci_find_msix(). */
struct pci_msi {
	u16 cap;
	bool table;          /* MSI-X, else MSI */
	bool wide, maskable; /* MSI: 64-bit address, mask bits */
	u16 nr;              /* MSI-X: number of entries */
	u8 bar;              /* BAR of the table, and offset in it */
	u32 offset;
	struct pci_config entry; /* MSI-X: the entry in use; read is NULL until it is mapped */
};

/* Find the capability and fill *msi.  -ENOENT: there is none; -EINVAL, -EIO: it cannot be used;
 * -ENODEV: the device was removed. */
int pci_find_msi(const struct pci_config *, struct pci_msi *, struct why *);
/* The same for MSI-X, whose table must be inside one of the sized BARs. */
int pci_find_msix(const struct pci_config *, const struct pci_bar bar[PCI_BARS], struct pci_msi *,
		  struct why *);

/* Enable MSI-X with all entries masked by the function mask. */
void pci_msix_open(const struct pci_config *, const struct pci_msi *);
/*
 * Set the message that the function sends.  The vector is masked while address and data are
 * written, so that no mixture of old and new is sent; an interrupt of a masked vector stays
 * pending, except with MSI without mask bits.  -ERANGE: 32-bit MSI cannot hold the address;
 * -ENODEV: the function does not hold the message, and is disabled again.
 */
int pci_msi_aim(const struct pci_config *, const struct pci_msi *, const struct irq_message *,
		struct why *);
/* Disable messages of either kind. */
void pci_msi_close(const struct pci_config *, const struct pci_msi *);
