/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/srat.h - the memory affinity structures of the SRAT (ACPI 6.5, 5.2.16.2): which
 * range is near whom, and where memory may appear.  Pure; malformed entries are counted and
 * skipped.
 */
#pragma once
#include <lib/err.h>

#define SRAT_RANGES 32

struct srat {
	unsigned nr, bad;
	struct srat_range {
		paddr_t pa;
		u64 len;
		u32 proximity;
		bool hotpluggable, non_volatile;
	} range[SRAT_RANGES];
};

void srat_read(struct srat *, const u8 *table, u32 len);
/* The hot-pluggable window that holds all of the range, or NULL. */
const struct srat_range *srat_window(const struct srat *, paddr_t, u64 len);
bool srat_has_windows(const struct srat *);
