/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fuzz/acpi_memory.h - a fuzzer's bytes as memory with ACPI tables, and an RSDP at
 * AT. */
#pragma once
#include <drivers/acpi/tables.h>
#include <stdlib.h>
#include <string.h>

#define AT 0x10000ul
#define FADT_X_DSDT 140

static u8 *memory;
static u64 memory_len;

static const u8 *memory_at(paddr_t pa, u64 len)
{
	if (pa >= AT && pa - AT <= memory_len && len <= memory_len - (pa - AT))
		return memory + (pa - AT);
	return NULL;
}

static void log_line(const char *sentence)
{
	if (!sentence[0])
		abort();
}

static void seal(paddr_t pa)
{
	u8 *t = (u8 *)memory_at(pa, TABLE_HEAD);
	u32 len = t ? table_u32(t + 4) : 0;

	if (len < TABLE_HEAD || !memory_at(pa, len))
		return;
	t[9] = 0;
	t[9] = (u8)-table_sum(t, len);
}

/* Seals a table after the one that it refers to: its sum covers only itself, but the two may
 * overlap. */
static void seal_with_dsdt(paddr_t pa)
{
	const u8 *t = memory_at(pa, FADT_X_DSDT + 8);

	if (t)
		seal(table_u64(t + FADT_X_DSDT));
	seal(pa);
}

static void mend(void)
{
	u8 *r = (u8 *)memory_at(AT, RSDP_BYTES);
	const u8 *list;
	u32 len;

	if (!r)
		return;
	list = memory_at(table_u64(r + 24), TABLE_HEAD);
	len = list ? table_u32(list + 4) : 0;
	if (len >= TABLE_HEAD && memory_at(table_u64(r + 24), len))
		for (u32 i = TABLE_HEAD; i + 8 <= len; i += 8)
			seal_with_dsdt(table_u64(list + i));
	seal(table_u64(r + 24));
	r[8] = 0;
	r[8] = (u8)-table_sum(r, 20);
	r[32] = 0;
	r[32] = (u8)-table_sum(r, RSDP_BYTES);
}

/* The first byte selects whether checksums are corrected, without which little code would be
 * reached; the other bytes are the memory. */
static void memory_fill(const u8 *data, size_t size)
{
	memory_len = size - 1;
	memory = malloc(memory_len ? memory_len : 1);
	memcpy(memory, data + 1, memory_len);
	if (data[0] & 1)
		mend();
}
