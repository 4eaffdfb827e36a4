/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/nfit.h - ranges of persistent memory in an NFIT (ACPI 6.5, 5.2.25).
 *
 * The table and the buffer that _FIT returns contain the same kind of list; only System Physical
 * Address Range structures of persistent memory are used.  The list is not trusted: a range that
 * is cut off, empty, wraps, overlaps another or cannot be mapped as cacheable memory is left out
 * with one line through `log`; the others are used.  No dependencies on the kernel; fuzzed on
 * the host.
 */
#pragma once
#include <lib/err.h>

#define NFIT_RANGES 32

/* The caller sets `log`.  `bad`: number of ranges or structures that were left out. */
struct nfit {
	void (*log)(const char *sentence);
	unsigned nr, bad;
	struct nfit_range {
		paddr_t pa;
		u64 len;
		u32 proximity; /* 0 if the structure gives none */
	} range[NFIT_RANGES];
};

/* Read a whole table; the caller has checked its length and checksum (drivers/acpi/tables.h). */
void nfit_read_table(struct nfit *, const u8 *table, u64 len);
/* Read a list of structures, as _FIT returns it.  The former content of *nfit is dropped. */
void nfit_read(struct nfit *, const u8 *structures, u64 len);
/* Does the list contain exactly this range? */
bool nfit_lists(const struct nfit *, paddr_t, u64 len);
