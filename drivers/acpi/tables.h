/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tables.h - from an RSDP to the tables that are sound.
 *
 * Firmware is not trusted: of each table the header, the length against the memory that holds
 * tables, and the checksum are looked at before anybody uses it.  A bad one is one line and is left
 * out.  ACPICA and our own readers see only what is listed here.
 *
 * Pure: memory is reached through a function, so the same code runs in a host fuzzer.
 */
#pragma once
#include <lib/err.h>

#define TABLES_MAX 48
#define TABLE_HEAD 36
#define RSDP_BYTES 36

struct tables {
	/* `len` bytes at `pa` where tables may be, or NULL. */
	const u8 *(*at)(paddr_t pa, u64 len);
	void (*say)(const char *sentence);
	bool no_aml; /* definition blocks are not looked at: there is no room, and no use yet */
	unsigned nr, left_out;
	struct table {
		char name[5];
		paddr_t pa;
		u32 len;
	} table[TABLES_MAX];
	struct table dsdt; /* len 0: none */
};

/* Follow the RSDP; -EINVAL when there is no usable root table. */
int tables_read(struct tables *, paddr_t rsdp, struct why *);
/* The n-th table of this name, or NULL. */
const struct table *tables_find(const struct tables *, const char *name, unsigned n);
/* "acpi: NR what", unless there are none. */
void tables_count(const struct tables *, unsigned nr, const char *what);
/* Does any definition block (DSDT, SSDT) contain this text? */
bool tables_mention(const struct tables *, const char *text);
/* An RSDP and an XSDT of what was found sound, into `to` (at most tables_root_bytes(), at `pa`). */
u64 tables_root_bytes(const struct tables *);
void tables_root(const struct tables *, u8 *to, paddr_t pa);
/* The same for the same machine: what firmware puts where it likes, and the addresses that follow
 * from it, is left out. */
u32 tables_hash(const struct tables *);
/* Sum of the bytes, 0 for a sound table. */
u8 table_sum(const u8 *, u64 len);
u64 table_u64(const u8 *); /* little endian, any alignment */
u32 table_u32(const u8 *);
u16 table_u16(const u8 *);
