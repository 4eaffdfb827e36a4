/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/msi.h - interrupts that a function sends as messages (PCI Express Base 5.0, 7.7).
 *
 * Where address and data go is pure parsing, as in config.h: a capability that is cut off, or a
 * table that is not inside its BAR, is one sentence.  Each function gets one message; the vectors
 * that it has beyond that one stay masked.
 */
#pragma once
#include <drivers/device.h>
#include <drivers/pci/config.h>

#define PCI_CAP_MSI 0x05
#define PCI_CAP_MSIX 0x11
#define PCI_MSIX_ENTRY 16u

struct pci_msi {
	u16 cap;
	bool table;          /* MSI-X */
	bool wide, maskable; /* MSI: an address of 64 bits, mask bits */
	u16 nr;              /* MSI-X: entries */
	u8 bar;              /* of the table, and where in it */
	u32 offset;
	struct pci_config
		entry; /* MSI-X: registers of the one in use; no read() before it is mapped */
};

/* -ENOENT: the function has none.  -EINVAL, -EIO: it has, and it cannot be used.  -ENODEV: gone. */
int pci_find_msi(const struct pci_config *, struct pci_msi *, struct why *);
int pci_find_msix(const struct pci_config *, const struct pci_bar bar[PCI_BARS], struct pci_msi *,
		  struct why *);

/* MSI-X: on with every entry masked as a whole.  What the function says of itself is sound then. */
void pci_msix_open(const struct pci_config *, const struct pci_msi *);
/*
 * Send this from now on.  Masked while address and data change, so that no message goes to half of
 * each; one that is masked stays pending, but for MSI without mask bits.  -ENODEV: the function
 * does not keep what was written.
 */
int pci_msi_aim(const struct pci_config *, const struct pci_msi *, const struct irq_message *,
		struct why *);
void pci_msi_close(const struct pci_config *, const struct pci_msi *);
