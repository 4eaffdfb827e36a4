/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/dimm.h - memory devices of the namespace (PNP0C80; ACPI 6.5, 9.11): what each says
 * of itself, and the three things one says to it.
 */
#pragma once
#include <drivers/acpi/aml.h>

#define DIMM_RANGES 4
#define DIMM_NO_NODE ~0u

enum dimm_origin { /* where its memory came from */
		   DIMM_EMPTY,
		   DIMM_BOOT, /* firmware counted it as RAM: the device tree has it */
		   DIMM_COLD, /* plugged in before power on */
		   DIMM_HOT,
};

/* What the device says now.  present: enabled and working. */
struct dimm_look {
	bool present;
	unsigned nr;
	struct {
		paddr_t pa;
		u64 len;
	} range[DIMM_RANGES];
	u32 proximity; /* DIMM_NO_NODE: it has no _PXM */
};

/* _STA, and of a present device _CRS and _PXM.  A code and a sentence when AML fails or a range is
 * absurd: empty, wrapping, beyond physical memory, overlapping another of the same device. */
int dimm_look(acpi_handle, struct dimm_look *, struct why *);

/* _OST (ACPI 6.5, 6.3.5): an event and how far it got.  A device without _OST does not care. */
enum { OST_BUS_CHECK = 0, OST_DEVICE_CHECK = 1, OST_EJECT = 3 };
enum {
	OST_SUCCESS = 0,
	OST_FAILURE = 1,
	OST_EJECT_NOT_SUPPORTED = 0x80,
	OST_EJECT_IN_USE = 0x81,
	OST_EJECT_BUSY = 0x82,
	OST_EJECT_IN_PROGRESS = 0x84,
};
int dimm_ost(acpi_handle, u32 event, u32 status, struct why *);
/* _EJ0, and a look whether it is gone: -EEXIST if not. */
int dimm_eject(acpi_handle, struct why *);
