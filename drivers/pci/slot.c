// SPDX-License-Identifier: BSD-2-Clause
/* drivers/pci/slot.c - hot-plug slots. */
#include <drivers/pci/internal.h>

void slot_begin(struct pci_port *p)
{
	pci_port_fill(p, NULL);
}
