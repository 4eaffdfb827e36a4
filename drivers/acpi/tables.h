/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tables.h - from an RSDP to the list of sound tables.
 *
 * Firmware is not trusted: header, length (against the memory that holds tables) and checksum of
 * each table are verified before it is used.  A bad table is reported in one line and left out.
 * ACPICA and the tree's own readers see only the tables listed here.
 *
 * No dependencies on the kernel: memory is read through a callback, so that a fuzzer on the host
 * can run it too.
 */
#pragma once
#include <lib/err.h>

#define TABLES_MAX 48
#define TABLE_HEAD 36
#define RSDP_BYTES 36

/*
 * The caller owns it.  It holds physical addresses, never pointers to tables.
 */
struct tables {
	/* Returns `len` readable bytes at `pa`, valid as long as *tables is used; NULL where no
	 * tables may be. */
	const u8 *(*at)(paddr_t pa, u64 len);
	void (*log)(const char *sentence);
	bool no_aml; /* skip definition blocks: early boot has no space to map them, and no use */
	unsigned nr, left_out;
	struct table {
		char name[5];
		paddr_t pa;
		u32 len;
	} table[TABLES_MAX];
	struct table dsdt; /* len 0: none */
};

/* Follow the RSDP and verify every table.  The caller sets `at`, `log` and `no_aml`.  -EINVAL:
 * no usable RSDP or root table; -EFAULT: the root table is where no table may be.  Other bad
 * tables are reported through `log` and counted in left_out. */
int tables_read(struct tables *, paddr_t rsdp, struct why *);
/* The n-th table of this name, from 0, or NULL. */
const struct table *tables_find(const struct tables *, const char *name, unsigned n);
/* A `log` that logs nothing, for a second reading: the first one has logged the faults. */
void tables_discard(const char *sentence);
/* Pass "acpi: NR what" to `log`; nothing if nr is 0. */
void tables_count(const struct tables *, unsigned nr, const char *what);
/* Does any definition block (DSDT, SSDT) contain this text (bytes)? */
bool tables_mention(const struct tables *, const char *text);
/* Write an RSDP and an XSDT that lists the sound tables to `to`, which has tables_root_bytes()
 * bytes and the physical address `pa`. */
u64 tables_root_bytes(const struct tables *); /* of both together */
void tables_root(const struct tables *, u8 *to, paddr_t pa);
/* A hash that is the same in each boot of one machine: it excludes addresses, which firmware may
 * change. */
u32 tables_hash(const struct tables *);
/* Sum of the bytes modulo 256; 0 for a sound table. */
u8 table_sum(const u8 *, u64 len);
u64 table_u64(const u8 *); /* little endian, any alignment */
u32 table_u32(const u8 *);
/* Two bytes, likewise. */
u16 table_u16(const u8 *);
