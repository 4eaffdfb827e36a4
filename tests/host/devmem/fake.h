/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/devmem/fake.h - fakes for mm/hotplug/devmem.c and devmem_cost.c: options, tables that
 * would be planned, free pages, and struct pages of one GiB.
 */
#pragma once
#include <asserts.h>
#include <mm/hotplug/devmem_internal.h>

#define PAGE 4096ul
#define BASE 0x80000000ul
#define PAGES 262144u

extern const struct memmap_scheme host, in_blocks, device;

struct fake {
	bool span_fails, no_scheme, present, no_room;
	int options_fail;
	unsigned count_fails; /* the count of tables that fails, from 1 on */
	unsigned counts;
	paddr_t pa; /* of the last span */
	u64 len;
};
extern struct fake fake;
extern struct page fake_pages[];

void fake_begin(unsigned page_shift);
u64 fake_tables(bool linear); /* bytes */
#define FAKE_FREE (36 * PAGE) /* of all nodes */
