/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/maps/device.c - mm/vmalloc/ioremap.c: registers from the end of the region down, each
 * mapping with an unmapped page above it, one mapping for all callers that request a part of it.
 */
#include "fake.h"
#include <mm/vmalloc/ioremap.h>
#include <stdlib.h>

#define REGISTERS 0xfe000000ul
#define MOST 128 /* mappings */

/* The mappings according to the header, in a list of the test. */
static struct mapping {
	paddr_t pa;
	u64 len;
	vaddr_t va;
	unsigned users;
} live[MOST];
static unsigned nr_live;

static void begin(unsigned pages, bool first)
{
	fake_begin(64, pages);
	fake_first(first);
	fake.writer = PT_WRITER_DEVICE;
	fake.node = 0;
	nr_live = 0;
}

/* ---- the expected mappings ---- */

static bool is_free(vaddr_t va, u64 len)
{
	for (unsigned i = 0; i < nr_live; i++)
		if (va < live[i].va + live[i].len + PAGE && live[i].va < va + len + PAGE)
			return false;
	return true;
}

static vaddr_t highest(u64 len)
{
	u64 end = DEVICE + layout.r[REGION_DEVICE].len;

	for (vaddr_t va = end - PAGE - len; va >= DEVICE && va < end; va -= PAGE)
		if (is_free(va, len))
			return va;
	return 0;
}

static struct mapping *one_with(paddr_t pa, u64 len, vaddr_t va)
{
	for (unsigned i = 0; i < nr_live; i++)
		if (pa >= live[i].pa && pa + len <= live[i].pa + live[i].len &&
		    (!va || va == live[i].va + (pa - live[i].pa)))
			return &live[i];
	return NULL;
}

/* The pages of the list are mapped to their registers, and no other. */
static void check_tree(void)
{
	u64 pages = 0;

	for (unsigned i = 0; i < nr_live; i++) {
		for (u64 at = 0; at < live[i].len; at += PAGE) {
			const struct entry *e = fake_at(live[i].va + at);

			WANT(e->state == MAPPED && e->pa == live[i].pa + at);
			WANT(e->prot == (PT_R | PT_W | PT_DEVICE | PT_GLOBAL));
		}
		pages += live[i].len / PAGE;
	}
	WANT(fake_mapped(PART_DEVICE) == pages);
	WANT(ioremap_pages() == pages);
	fake_quiet();
}

/* ---- calls ---- */

static vaddr_t map(paddr_t pa, u64 len)
{
	paddr_t first = pa & ~(PAGE - 1);
	u64 whole = ((pa + len + PAGE - 1) & ~(PAGE - 1)) - first;
	vaddr_t want = highest(whole), va = ptr_va((const void *)ioremap(pa, len));
	struct mapping *m = one_with(first, whole, 0);

	if (m) {
		m = one_with(first, whole, va & ~(PAGE - 1));
		WANT(m && va % PAGE == pa % PAGE);
		m->users += m != NULL;
		return va;
	}
	if (nr_live == MOST || !want) {
		WANT(!va);
		return 0;
	}
	WANT(va == want + (pa - first));
	live[nr_live++] = (struct mapping) { first, whole, want, 1 };
	return va;
}

static void unmap(struct mapping *m, u64 offset)
{
	iounmap(va_ptr(m->va + offset));
	if (!--m->users)
		*m = live[--nr_live];
}

static void unmap_all(void)
{
	while (nr_live)
		unmap(&live[nr_live - 1], 0);
	check_tree();
}

/* ---- cases ---- */

static void check_one(bool first)
{
	static const struct {
		u64 offset, len, pages;
	} rows[] = {
		{ 0, 1, 1 },    { 0, PAGE, 1 },     { 0, PAGE + 1, 2 }, { 8, PAGE - 8, 1 },
		{ 8, PAGE, 2 }, { PAGE - 1, 1, 1 }, { PAGE - 1, 2, 2 }, { 0x234, 3 * PAGE, 4 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(16, first);
		map(REGISTERS + rows[i].offset, rows[i].len);
		WANT(ioremap_pages() == rows[i].pages);
		check_tree();
		unmap(&live[0], 0);
		WANT(fake.flushes == 1);
		check_tree();
	}
}

/* The first and the last page of a mapping, and the pages beside it. */
static void check_shared(void)
{
	begin(64, false);
	map(REGISTERS + 4 * PAGE, 4 * PAGE);
	map(REGISTERS + 4 * PAGE, PAGE);
	map(REGISTERS + 7 * PAGE, PAGE);
	map(REGISTERS + 4 * PAGE + 5, 4 * PAGE - 5);
	WANT(nr_live == 1 && live[0].users == 4);
	map(REGISTERS + 3 * PAGE, 2 * PAGE);
	map(REGISTERS + 7 * PAGE, 2 * PAGE);
	map(REGISTERS + 3 * PAGE, 6 * PAGE);
	WANT(nr_live == 4);
	check_tree();
	while (live[0].users > 1)
		unmap(&live[0], 4 * PAGE - 1); /* by its last byte */
	check_tree();
	unmap_all();
}

static unsigned number(unsigned below)
{
	return (unsigned)rand() % below;
}

/* A region that is full most of the time. */
static void check_random(bool first)
{
	begin(23, first);
	srand(5);
	for (unsigned i = 0; i < 6000; i++) {
		if (number(5) < 3)
			map(REGISTERS + number(40) * PAGE + number(3), 1 + number(6) * PAGE);
		else if (nr_live) {
			struct mapping *m = &live[number(nr_live)];

			unmap(m, number((unsigned)m->len));
		}
		check_tree();
	}
	unmap_all();
}

/* As many mappings as there can be: the last of them is found, shared and unmapped. */
static void check_full(void)
{
	begin(DEVICE_PAGES, false);
	for (unsigned i = 0; i < MOST; i++)
		map(REGISTERS + 2 * i * PAGE, PAGE);
	WANT(nr_live == MOST);
	check_tree();
	WANT(!ioremap(REGISTERS + 2 * MOST * PAGE, PAGE));
	map(REGISTERS + 2 * (MOST - 1) * PAGE, PAGE);
	WANT(live[MOST - 1].users == 2);
	check_tree();
	unmap(&live[MOST - 1], 0);
	unmap(&live[MOST - 1], 0);
	check_tree();
	map(REGISTERS + 2 * MOST * PAGE, PAGE);
	WANT(nr_live == MOST);
	unmap(&live[3], 0);
	map(REGISTERS + PAGE, 2 * PAGE); /* too large for the hole: below all */
	check_tree();
	unmap_all();
}

static void unmap_it(void *p)
{
	iounmap(p);
}

static void check_refused(void)
{
	begin(16, false);
	fake.fail_plan = 1;
	WANT(!ioremap(REGISTERS, PAGE));
	check_tree();
	map(REGISTERS, PAGE); /* as if that had not been */
	check_tree();
	WANT(kpt_map_device(REGISTERS + 8, 8) == (volatile void *)va_ptr(live[0].va + 8));
	live[0].users++;
	map(REGISTERS + 8 * PAGE, 2 * PAGE);
	WANT(fake_asserts(unmap_it, va_ptr(live[0].va + PAGE))); /* the page above it */
	WANT(fake_asserts(unmap_it, va_ptr(live[1].va - PAGE)));
	WANT(fake_asserts(unmap_it, va_ptr(DEVICE)));
	check_tree();
	unmap_all();
	WANT(fake_asserts(unmap_it, va_ptr(DEVICE + 14 * PAGE)));
}

/* ---- frames of a caller ---- */

static void check_frames(void)
{
	static const unsigned sizes[] = { 1, 2, 5, 16, 20 };
	paddr_t pa[20];

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned n = sizes[i];
		char *p;

		fake_begin(64, 16);
		for (unsigned k = 0; k < n; k++)
			pa[k] = fake_frame(k / 3 * 7 + k % 3);
		p = vmap(pa, n, PT_R | PT_X);
		WANT(p);
		for (unsigned k = 0; k < n; k++) {
			const struct entry *e = fake_at(ptr_va(p) + k * PAGE);

			WANT(e->state == MAPPED && e->pa == pa[k] && e->prot == (PT_R | PT_X));
		}
		WANT(fake_mapped(PART_VM) == n && vmalloc_in_use() == n + 1);
		vunmap(p, n);
		WANT(!fake_mapped(PART_VM) && !vmalloc_in_use());
		WANT(fake.flushes == 1);
		fake.fail_plan = fake.nr_plans + 1;
		WANT(!vmap(pa, n, PT_R));
		WANT(!fake_mapped(PART_VM) && !vmalloc_in_use());
		fake_quiet();
	}
	WANT(!vmap(pa, 64, PT_R)); /* no addresses */
	WANT(!fake_mapped(PART_VM) && !vmalloc_in_use());
	fake_quiet();
}

void check_devices(void)
{
	for (unsigned first = 0; first < 2; first++) {
		check_one(first);
		check_random(first);
	}
	check_shared();
	check_full();
	check_refused();
	check_frames();
}
