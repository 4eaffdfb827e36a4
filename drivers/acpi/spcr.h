/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/spcr.h - the console that ACPI describes: the UART of the SPCR, else the first UART
 * of the DBG2 for which there is a driver.  (Microsoft specifies both tables.)
 *
 * No dependencies on the kernel and no stored pointers, so that arm64's UEFI stub may call it
 * before the image runs at its link address.
 */
#pragma once
#include <drivers/acpi/tables.h>

/* A copy of the table's fields, without pointers into the table. */
struct spcr {
	char compatible[28]; /* as in the drivers' tables */
	u64 pa;
	u32 len;
	u8 width, shift; /* bytes of a register; log2 of their distance in bytes */
	bool has_gsi;
	u32 gsi;
};

/* Find the console.  -ENODEV with the sentence of the SPCR's fault if the DBG2 has none either. */
int spcr_read(struct spcr *, const struct tables *, struct why *);
