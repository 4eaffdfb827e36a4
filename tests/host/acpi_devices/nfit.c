/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_devices/nfit.c - drivers/acpi/nfit.c: lists of structures with exact and wrong
 * lengths, and ranges adjacent to, inside and around another (ACPI 6.5, 5.2.25.2).
 */
#include "fake.h"
#include <drivers/acpi/nfit.h>
#include <stdlib.h>

#define GIB_4 0x100000000ul
#define WB 8u /* EFI_MEMORY_WB; 1: EFI_MEMORY_UC */

static const u8 persistent[] = { 0x79, 0xd3, 0xf0, 0x66, 0xf3, 0xb4, 0x74, 0x40,
				 0xac, 0x43, 0x0d, 0x33, 0x18, 0xb7, 0x8c, 0xdb };
static u8 list[40 * 56];
static u64 used;
static char heard[300];

static void hear(const char *sentence)
{
	size_t n = strlen(heard);

	snprintf(heard + n, sizeof(heard) - n, "%s|", sentence);
}

static void structure(unsigned type, unsigned says, unsigned bytes)
{
	memset(list + used, 0, bytes);
	list[used] = (u8)type;
	list[used + 2] = (u8)says;
	used += bytes;
}

static void put(u64 pa, u64 len, u64 attributes)
{
	u8 *s = list + used;

	structure(0, 56, 56);
	memcpy(s + 16, persistent, 16);
	memcpy(s + 32, &pa, 8);
	memcpy(s + 40, &len, 8);
	memcpy(s + 48, &attributes, 8);
}

/* The list ends at the end of its allocation. */
static void read_list(struct nfit *n)
{
	u8 *copy = malloc(used);

	memcpy(copy, list, used);
	heard[0] = 0;
	n->log = hear;
	nfit_read(n, copy, used);
	free(copy);
}

static void second_range(void)
{
	static const char *const why[] = { "", "it is empty",
					   "it wraps around the end of the address space",
					   "it cannot be cached, so it cannot be used as memory",
					   "it overlaps another range of the NFIT" };
	static const struct {
		u64 pa, len, attributes;
		unsigned wrong;
		const char *text;
	} rows[] = {
		{ GIB_4 + GiB, GiB, WB, 0, "" },
		{ GIB_4 - GiB, GiB, 0, 0, "" }, /* no attributes */
		{ 0, MiB, WB, 0, "" },
		{ -MiB, MiB - 1, WB, 0, "" },
		{ 8 * GiB, 0, WB, 1, "0x200000000+0x0" },
		{ ~0ul, 1, WB, 2, "0xffffffffffffffff+0x1" },
		{ 5, ~0ul, WB, 2, "0x5+0xffffffffffffffff" },
		{ 8 * GiB, -MiB, WB, 2, "0x200000000+17592186044415M" },
		{ 8 * GiB, MiB, 1, 3, "0x200000000+1M" },
		{ GIB_4, GiB, WB, 4, "0x100000000+1G" },
		{ GIB_4 + GiB - 1, 1, WB, 4, "0x13fffffff+0x1" },
		{ GIB_4 - 1, 2, WB, 4, "0xffffffff+0x2" },
		{ GIB_4 + 1, 1, WB, 4, "0x100000001+0x1" },
		{ GiB, 8 * GiB, WB, 4, "0x40000000+8G" },
		{ GIB_4 + GiB, 1, WB, 0, "" },
		{ GIB_4 - 1, 1, WB, 0, "" },
	};
	static struct nfit n;
	char wanted[200];

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		used = 0;
		put(GIB_4, GiB, WB);
		put(rows[i].pa, rows[i].len, rows[i].attributes);
		read_list(&n);
		WANT(n.nr == (rows[i].wrong ? 1 : 2) && n.bad == !!rows[i].wrong);
		WANT(n.range[0].pa == GIB_4 && nfit_lists(&n, GIB_4, GiB));
		WANT(nfit_lists(&n, rows[i].pa, rows[i].len) ==
		     (!rows[i].wrong || (rows[i].pa == GIB_4 && rows[i].len == GiB)));
		snprintf(wanted, sizeof(wanted), "NFIT: persistent memory %s is left out: %s|",
			 rows[i].text, why[rows[i].wrong]);
		WANT_TEXT(heard, rows[i].wrong ? wanted : "");
	}
	WANT(!nfit_lists(&n, GIB_4, GiB - 1) && !nfit_lists(&n, GIB_4 + 1, GiB));
}

static void many(void)
{
	static struct nfit n;

	for (unsigned nr = NFIT_RANGES; nr <= NFIT_RANGES + 2; nr++) {
		used = 0;
		for (unsigned i = 0; i < nr; i++)
			put(GIB_4 + i * GiB, GiB, WB);
		read_list(&n);
		WANT(n.nr == NFIT_RANGES && n.bad == nr - NFIT_RANGES);
		WANT(n.range[31].pa == GIB_4 + 31 * GiB && !!heard[0] == !!n.bad);
	}
	WANT(strstr(heard, "0x900000000+1G is left out: there are too many|"));
}

/* A structure with length field `says`, which has `bytes`, between two ranges. */
static void between(unsigned type, unsigned says, unsigned bytes, unsigned nr, const char *wanted)
{
	static struct nfit n;

	used = 0;
	put(GIB_4, GiB, WB);
	structure(type, says, bytes);
	if (nr != 1)
		put(2 * GIB_4, GiB, WB);
	read_list(&n);
	WANT(n.nr == nr && n.bad == !!wanted[0]);
	WANT_TEXT(heard, wanted);
}

static void lengths(void)
{
	between(1, 48, 48, 2, "");
	between(7, 4, 4, 2, ""); /* only a header */
	between(7, 5, 5, 2, "");
	between(0, 56, 56, 2, ""); /* volatile memory: another GUID */
	between(0, 55, 55, 2, "NFIT: the address range at 0x38 has 55 bytes, not 56|");
	between(0, 4, 4, 2, "NFIT: the address range at 0x38 has 4 bytes, not 56|");
	between(0, 64, 64, 2, "");
#define LEFT " bytes that are left: the rest is left out|"
	between(7, 0, 4, 1, "NFIT: the structure at 0x38 claims 0 of the 4" LEFT);
	between(7, 3, 4, 1, "NFIT: the structure at 0x38 claims 3 of the 4" LEFT);
	between(7, 9, 8, 1, "NFIT: the structure at 0x38 claims 9 of the 8" LEFT);
	between(7, 4, 3, 1, "NFIT: the structure at 0x38 claims 0 of the 3" LEFT);
	between(7, 8, 8, 1, "");
}

/* One byte short: the bytes after the structure are not its attributes. */
static void short_of_memory(void)
{
	static struct nfit n;

	used = 0;
	put(GIB_4, GiB, WB);
	list[2] = 55;
	used = 55;
	put(2 * GIB_4, GiB, WB);
	read_list(&n);
	WANT(n.nr == 1 && n.bad == 1 && nfit_lists(&n, 2 * GIB_4, GiB));
	WANT_TEXT(heard, "NFIT: the address range at 0x0 has 55 bytes, not 56|");
}

static void tables(void)
{
	static struct nfit n = { .log = hear };
	u8 table[40 + 56];

	used = 0;
	put(GIB_4, GiB, WB);
	memset(table, 0, 40);
	memcpy(table + 40, list, 56);
	nfit_read_table(&n, table, sizeof(table));
	WANT(n.nr == 1 && n.range[0].proximity == 0);
	table[40 + 6] = 2; /* its proximity domain is valid */
	table[40 + 12] = 3;
	nfit_read_table(&n, table, sizeof(table));
	WANT(n.nr == 1 && n.range[0].proximity == 3);
	for (unsigned len = 0; len <= 40; len++) {
		nfit_read_table(&n, table, len);
		WANT(!n.nr && !n.bad);
	}
}

void nfit_tests(void)
{
	second_range();
	many();
	lengths();
	short_of_memory();
	tables();
}
