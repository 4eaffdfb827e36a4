/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/spcr.h - the console that ACPI names: the SPCR, else the first UART of the DBG2 that
 * has a driver here (both: Microsoft's tables).  Pure, and free of stored pointers, so that it may
 * be asked where the image does not run at its link address.
 */
#pragma once
#include <drivers/acpi/tables.h>

struct spcr {
	char compatible[28]; /* as the drivers have it */
	u64 pa;
	u32 len;
	u8 width, shift; /* of a register, and log2 of their distance; bytes */
	bool has_gsi;
	u32 gsi;
};

/* 0, or the sentence: no console, and why. */
int spcr_read(struct spcr *, const struct tables *, struct why *);
