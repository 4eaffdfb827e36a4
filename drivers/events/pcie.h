/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/events/pcie.h - the event source of PCI Express slots: what slots say is said under it.
 */
#pragma once
#include <drivers/events/event.h>

extern const struct event_source pcie_source; /* drivers/events/pcie_hotplug.c */
