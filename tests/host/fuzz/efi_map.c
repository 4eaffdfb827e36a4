/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/efi_map.c - any bytes as UEFI's memory map: RAM consists of whole pages that
 * are in a descriptor of RAM and in none of another kind; marked memory is excluded.
 */
#include "aborts.h"
#include <drivers/memory/efi_map.h>
#include <mm/page/region.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 8 /* step, version, the number of a reserved page */

static void log_line(const char *sentence)
{
	if (!sentence[0])
		abort();
}

static bool ram_type(u32 type)
{
	return (type >= 1 && type <= 4) || type == 7 || type == 9;
}

/* True if the page is in a descriptor of this sort. */
static bool listed(const struct efi_map *m, u64 pa, bool as_ram)
{
	for (u64 at = 0; at + 40 <= m->bytes; at += m->step) {
		u64 w[5];
		bool ram;

		memcpy(w, (const u8 *)m->raw + at, sizeof(w));
		ram = ram_type((u32)w[0]) && !(w[4] & (1ul << 15 | 1ul << 63));
		if (ram == as_ram && w[3] && w[3] < 1ul << 52 && w[1] + w[3] * 4096 >= w[1] &&
		    !(w[1] & 4095) && pa >= w[1] && pa - w[1] < w[3] * 4096)
			return true;
	}
	return false;
}

static void check(const struct efi_map *m)
{
	const struct mem_range *r;

	for (unsigned n = 0; (r = region_nth(MEM_RAM, n)); n++) {
		u64 last = r->pa + r->len - 4096;

		if (!r->len || (r->pa | r->len) & 4095 || r->pa + r->len < r->pa)
			abort();
		if (!listed(m, r->pa, true) || listed(m, r->pa, false) || !listed(m, last, true) ||
		    listed(m, last, false))
			abort();
	}
	for (unsigned n = 0; (r = region_nth(MEM_WITHHELD, n)); n++)
		if (region_find(MEM_RAM, r->pa, r->len) || region_find(MEM_RESERVED, r->pa, r->len))
			abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct efi_map m = { .log = log_line };
	struct why why = { 0 };
	u8 *copy;

	if (size < HEAD || size > 1 << 14)
		return 0;
	m.step = data[0];
	m.version = data[1] & 1;
	m.bytes = size - HEAD;
	copy = malloc(m.bytes ? m.bytes : 1);
	memcpy(copy, data + HEAD, m.bytes);
	m.raw = copy;
	region_reset();
	if (!efi_map_ram(&m, &why)) {
		check(&m);
		region_add((u64)(data[2] | data[3] << 8) << 20, 4096, MEM_IMAGE, 0, NULL);
		efi_map_withhold(&m);
		check(&m);
	} else if (!why.text[0] || region_nth(MEM_RAM, 0)) {
		abort();
	}
	for (unsigned i = 0; i < 16; i++)
		(void)efi_map_holds(&m, (u64)data[i % size] << 24, (u64)data[(i + 1) % size] << 12);
	free(copy);
	return 0;
}
