/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/dimm.h - memory devices of the namespace (PNP0C80; ACPI 6.5, 9.11): their state,
 * and the control methods that the OS calls.
 *
 * All functions evaluate AML: aml_running(), context as in aml.h.
 */
#pragma once
#include <drivers/acpi/aml.h>

#define DIMM_RANGES 4
#define DIMM_NO_NODE ~0u

enum dimm_origin { /* how its memory became known */
		   DIMM_EMPTY,
		   DIMM_BOOT, /* RAM at boot: in the device tree */
		   DIMM_COLD, /* plugged in before power-on, not RAM at boot */
		   DIMM_HOT,
};

/* State of a device at the time of dimm_look(), from _STA, _CRS and _PXM.  present: also enabled
 * and functioning; else nothing but `present` is valid. */
struct dimm_look {
	bool present;
	unsigned nr;
	struct {
		paddr_t pa;
		u64 len;
	} range[DIMM_RANGES];
	u32 proximity; /* _PXM; DIMM_NO_NODE: it has none */
};

/* Read _STA and, if the device is present, _CRS and _PXM.  An absent device is no error.  -EIO:
 * AML failed; -EINVAL: a range is empty, wraps, is beyond physical memory or overlaps another of
 * the same device, there are more than DIMM_RANGES, or a present device has none. */
int dimm_look(acpi_handle, struct dimm_look *, struct why *);

/* Report to firmware how far the handling of an event got (_OST; ACPI 6.5, 6.3.5).  0 if the
 * device has no _OST, which is optional; -EIO if AML failed. */
enum { OST_BUS_CHECK = 0, OST_DEVICE_CHECK = 1, OST_EJECT = 3 };
enum {
	OST_SUCCESS = 0,
	OST_FAILURE = 1,
	OST_EJECT_NOT_SUPPORTED = 0x80,
	OST_EJECT_IN_USE = 0x81,
	OST_EJECT_BUSY = 0x82,
	OST_EJECT_IN_PROGRESS = 0x84,
};
/* `event`, `status`: of the two lists above. */
int dimm_ost(acpi_handle, u32 event, u32 status, struct why *);
/* Eject the device (_EJ0) and check _STA afterwards.  The memory must be removed before.
 * -EOPNOTSUPP: no _EJ0; -EEXIST: the device is still present; -EIO: AML failed. */
int dimm_eject(acpi_handle, struct why *);
