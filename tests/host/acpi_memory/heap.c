/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_memory/heap.c - drivers/acpi/osl_memory.c: blocks are disjoint and inside the
 * heap's pages, up to 16 MiB; every page is freed; and the addresses that ACPICA may map.
 */
#include "pages.h"
#include <drivers/acpi/osl.h>
#include <mm/page/region.h>

#define HEAP_PAGES 4096u /* 16 MiB */
#define LARGEST_SMALL (32 * KiB - 16)
#define BLOCKS 600u

static struct {
	u8 *at;
	u64 len;
} blocks[BLOCKS];

/* ---- blocks ---- */
static void put_block(unsigned i, u64 len)
{
	blocks[i].at = acpi_os_allocate(len);
	blocks[i].len = len;
	WANT(blocks[i].at && (uintptr_t)blocks[i].at % 16 == 0 && pages_hold(blocks[i].at, len));
	memset(blocks[i].at, (int)(i * 7 + 1), len);
}

static bool block_is_whole(unsigned i)
{
	for (u64 n = 0; n < blocks[i].len; n++)
		if (blocks[i].at[n] != (u8)(i * 7 + 1))
			return false;
	return true;
}

static u64 length(unsigned i)
{
	static const u64 lengths[] = { 1,  8,   15,  16,   17,   31,    32,    48,
				       49, 100, 240, 241,  1000, 4080,  4081,  4096,
				       1,  33,  500, 9000, 24,   16368, 16369, LARGEST_SMALL };

	return lengths[i % ARRAY_SIZE(lengths)];
}

/* Blocks are disjoint, and freed space is used again. */
static void many(void)
{
	u64 before = osl_heap()->allocs, frees = osl_heap()->frees;
	unsigned pages;

	pages_begin(12);
	for (unsigned i = 0; i < BLOCKS; i++)
		put_block(i, length(i));
	pages = pages_live;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = round & 1; i < BLOCKS; i += 2)
			acpi_os_free(blocks[i].at);
		for (unsigned i = round & 1; i < BLOCKS; i += 2)
			put_block(i, length(i));
		for (unsigned i = 0; i < BLOCKS; i++)
			WANT(block_is_whole(i));
	}
	WANT(pages_live == pages && osl_heap()->pages == pages);
	acpi_os_free(NULL);
	WANT(osl_heap()->allocs == before + BLOCKS + 3 * BLOCKS / 2);
	WANT(osl_heap()->frees == frees + 3 * BLOCKS / 2);
	WANT(osl_heap_close() == BLOCKS && osl_heap()->lost == BLOCKS);
	WANT(!pages_live && !osl_heap()->pages);
	WANT(osl_heap()->allocs == osl_heap()->frees && osl_heap_close() == 0);
	WANT(!osl_heap()->lost);
}

/* Small blocks share chunks of 64 KiB, of which 32 bytes are the header: 2047 blocks of 32 bytes.
 */
static void chunks(void)
{
	void *p;

	pages_begin(12);
	for (unsigned i = 0; i < 2047; i++)
		acpi_os_allocate(16);
	WANT(page_allocs == 1 && pages_live == 16);
	acpi_os_allocate(16);
	WANT(page_allocs == 2);
	WANT(acpi_os_allocate(LARGEST_SMALL) && page_allocs == 2);
	WANT(osl_heap_close() == 2049 && !pages_live);
	WANT(acpi_os_allocate(LARGEST_SMALL) && page_allocs == 3);
	p = acpi_os_allocate(LARGEST_SMALL); /* the header is in the other half */
	WANT(page_allocs == 4 && pages_hold(p, LARGEST_SMALL));
	acpi_os_free(p);
	WANT(osl_heap_close() == 1);
	/* a block of the closed heap is not returned */
	p = acpi_os_allocate(LARGEST_SMALL);
	WANT(pages_hold(p, LARGEST_SMALL) && page_allocs == 5 && osl_heap_close() == 1);
}

/* A large block has its own pages, which are freed with it. */
static void large_is(u64 len, int order)
{
	unsigned before = pages_live, allocs = page_allocs;
	u8 *p = acpi_os_allocate(len);

	WANT(p && page_allocs == allocs + 1 && pages_hold(p, len));
	WANT(pages_live == before + (1u << order) && osl_heap()->pages == pages_live);
	WANT(osl_heap()->peak_pages >= pages_live);
	memset(p, 1, len);
	acpi_os_free(p);
	WANT(pages_live == before && osl_heap()->pages == before);
}

/* A large block follows 32 bytes of the chunk's header and 16 of its own. */
static void large(void)
{
	void *first, *second, *third;
	unsigned live;

	pages_begin(12);
	large_is(LARGEST_SMALL + 1, 4);
	large_is(64 * KiB - 48, 4);
	large_is(64 * KiB - 47, 5);
	large_is(4 * MiB - 48, 10);
	WANT(!acpi_os_allocate(4 * MiB - 47) && page_allocs == 4);
	first = acpi_os_allocate(50000);
	second = acpi_os_allocate(50000);
	third = acpi_os_allocate(50000);
	live = pages_live;
	acpi_os_free(second); /* from the middle of the list, its head, its end */
	acpi_os_free(third);
	WANT(pages_live == live - 32);
	acpi_os_free(first);
	WANT(!pages_live);
	WANT(osl_heap_close() == 0);
}

/* Pages of 64 KiB: one or two of them. */
static void large_of_large_pages(void)
{
	pages_begin(16);
	large_is(LARGEST_SMALL + 1, 0);
	large_is(64 * KiB - 48, 0);
	large_is(64 * KiB - 47, 1);
	large_is(128 * KiB - 48, 1);
	large_is(128 * KiB - 47, 2);
	WANT(acpi_os_allocate(1) && pages_live == 1 && osl_heap_close() == 1);
}

static void limits(void)
{
	unsigned n = 0;

	pages_begin(12);
	WANT(!acpi_os_allocate(~0ul) && !acpi_os_allocate(-16ul) && !acpi_os_allocate(-17ul));
	WANT(!page_allocs);
	while (acpi_os_allocate(MiB - 48))
		n++;
	WANT(n == 16 && pages_live == HEAP_PAGES && osl_heap()->peak_pages == HEAP_PAGES);
	WANT(!acpi_os_allocate(16) && osl_heap_close() == 16);
	WANT(osl_heap()->peak_pages == HEAP_PAGES);
	pages_begin(12);
	no_pages = true;
	WANT(!acpi_os_allocate(16) && !acpi_os_allocate(100000) && !osl_heap()->pages);
	pages_begin(12);
	no_steps = true;
	WANT(!acpi_os_allocate(16) && !page_allocs);
	no_steps = false;
	WANT(acpi_os_allocate(16) && osl_heap_close() == 1);
}

/* ---- pointers that are no blocks ---- */
static void misuse(void)
{
	u64 foreign[8] = { 0 };
	void *p;

	pages_begin(12);
	p = acpi_os_allocate(100);
	acpi_os_free(p);
	WANT(asserts(acpi_os_free, p));
	WANT(asserts(acpi_os_free, foreign + 4));
	WANT(osl_heap_close() == 0);
}

void heap_tests(void)
{
	many();
	chunks();
	large();
	large_of_large_pages();
	limits();
	misuse();
}

/* ---- mappings ---- */
#define KEPT (BASE + 0x100000) /* reserved by firmware, and RAM */
#define KEPT_BYTES 0x3000ul

static u8 kept_kind = MEM_RESERVED;
static bool kept_is_ram = true;
static paddr_t kept_at = KEPT;

const struct mem_range *region_find(enum region_kind array, paddr_t pa, u64 len)
{
	static struct mem_range kept;

	kept = (struct mem_range) { kept_at, KEPT_BYTES, kept_kind, 0 };
	WANT(array == MEM_RESERVED && len < BASE);
	return pa < kept_at + KEPT_BYTES && pa + len > kept_at ? &kept : NULL;
}

bool region_is_ram(paddr_t pa, u64 len)
{
	WANT(pa >= kept_at && pa + len <= kept_at + KEPT_BYTES);
	return kept_is_ram;
}

static void edges(paddr_t at, u64 len)
{
	WANT(osl_tables_have(at, len) && osl_tables_have(at, 1));
	WANT(osl_tables_have(at + len - 1, 1) && osl_tables_have(at + 8, len - 8));
	WANT(!osl_tables_have(at, len + 1) && !osl_tables_have(at - 1, 1));
	WANT(!osl_tables_have(at - 1, len) && !osl_tables_have(at + len, 1));
	WANT(!osl_tables_have(at + len - 1, 2) && !osl_tables_have(at + 8, -8ul));
	WANT(!osl_tables_have(at + 8, ~0ul) && !osl_tables_have(at + len + 1, 1));
}

static void permissions(void)
{
	pages_begin(12);
	osl_tables_forget();
	WANT(!osl_tables_have(BASE, 1) && !acpi_os_map_memory(BASE, 1));
	for (unsigned i = 0; i < 8; i++)
		WANT(!osl_tables_allow(BASE + i * 0x10000, 0x100 + i));
	WANT(osl_tables_allow(BASE + 0x90000, 1) == -ENOMEM);
	for (unsigned i = 0; i < 8; i++)
		edges(BASE + i * 0x10000, 0x100 + i);
	WANT(acpi_os_map_memory(BASE + 0x10010, 0xf1) == pa_ptr(BASE + 0x10010));
	WANT(!acpi_os_map_memory(BASE + 0x10010, 0xf2));
	WANT(osl_tables_have(BASE, 0) && osl_tables_have(BASE + 0x100, 0));
	osl_tables_forget();
	WANT(!osl_tables_have(BASE, 1));
	WANT(osl_tables_allow(-16ul, 17) == -ENOMEM && osl_tables_allow(-16ul, 0) == 0);
	WANT(!osl_tables_have(0, 1) && !osl_tables_allow(0, 16)); /* 0 is an ordinary address */
	WANT(osl_tables_have(0, 16) && osl_tables_have(15, 1) && !osl_tables_have(0, 17));
	osl_tables_forget();
}

static void reserved(void)
{
	WANT(!osl_tables_have(KEPT, 8));
	osl_tables_allow_reserved();
	edges(KEPT, KEPT_BYTES);
	kept_is_ram = false;
	WANT(!osl_tables_have(KEPT, 8));
	kept_is_ram = true;
	kept_kind = MEM_NOMAP;
	WANT(!osl_tables_have(KEPT, 8));
	kept_kind = MEM_RESERVED;
	WANT(osl_tables_have(KEPT, 8));
	kept_at = 0;
	WANT(osl_tables_have(0, 8) && osl_tables_have(0, KEPT_BYTES) && !osl_tables_have(KEPT, 8));
	kept_at = KEPT;
	osl_tables_forget();
	WANT(!osl_tables_have(KEPT, 8));
}

void permission_tests(void)
{
	permissions();
	reserved();
}
