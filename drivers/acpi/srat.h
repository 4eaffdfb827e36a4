/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/srat.h - memory affinity structures of the SRAT (ACPI 6.5, 5.2.16.2): the
 * proximity domain of each range, and the windows where memory may be added.  No dependencies on
 * the kernel; malformed entries are counted and skipped.
 */
#pragma once
#include <lib/err.h>

#define SRAT_RANGES 32

/* The sound ranges in the order of the table; overlapping RAM is left out. */
struct srat {
	/* bad: entries that were left out, and 1 for a table that ends inside an entry. */
	unsigned nr, bad;
	struct srat_range {
		paddr_t pa;
		u64 len;
		u32 proximity;
		bool hotpluggable, non_volatile;
	} range[SRAT_RANGES];
};

/* Read a whole table whose length and checksum are verified. */
void srat_read(struct srat *, const u8 *table, u32 len);
/* The hot-pluggable window that contains the whole range, or NULL. */
const struct srat_range *srat_window(const struct srat *, paddr_t, u64 len);
/* Is there any hot-pluggable window? */
bool srat_has_windows(const struct srat *);
