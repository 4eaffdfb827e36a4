/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/events/pcie.h - the event source of PCI Express slots: what slots say is said under it.
 */
#pragma once
#include <mm/hotplug/event.h>

extern const struct event_source pcie_source; /* drivers/pci/bar_source.c */
