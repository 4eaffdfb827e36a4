/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/pci_bus/second.c - a driver that is registered after the others, in link order, and
 * claims the same functions as the first one. */
#include "world.h"

static bool match_b(const struct pci_function *f)
{
	return of_class(f, CLASS_B) || of_class(f, CLASS_A);
}

static const struct pci_driver b = { "b", match_b, driver_start, NULL, driver_gone };
PCI_DRIVER(b, b);
