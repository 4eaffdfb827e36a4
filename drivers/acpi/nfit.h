/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/nfit.h - ranges of persistent memory in an NFIT (ACPI 6.5, 5.2.25).
 *
 * The table and what _FIT returns hold the same list of structures; of these only the system
 * physical address ranges of persistent memory are ours.  Nothing is trusted: what is cut off,
 * empty, wraps, overlaps another range or cannot be mapped as memory is one line through `say` and
 * is left out; the rest is used.  Pure, and fuzzed on the host.
 */
#pragma once
#include <lib/err.h>

#define NFIT_RANGES 32

struct nfit {
	void (*say)(const char *sentence);
	unsigned nr, bad;
	struct nfit_range {
		paddr_t pa;
		u64 len;
		u32 proximity; /* 0 where the structure says nothing */
	} range[NFIT_RANGES];
};

/* Of a whole table, whose length and checksum were looked at (drivers/acpi/tables.h). */
void nfit_read_table(struct nfit *, const u8 *table, u64 len);
void nfit_read(struct nfit *, const u8 *structures, u64 len);
/* Is this very range in it? */
bool nfit_lists(const struct nfit *, paddr_t, u64 len);
