/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/maps/space.c - addresses of mm/vmalloc/vmalloc.c: from the last place downwards, one
 * guard page after each run, 2^n pages up to 16 at a multiple of their size, freed ones late again.
 */
#include "fake.h"
#include <lib/fail.h>
#include <stdlib.h>

#define MOST 700 /* pages of a region */

/* An own account, a byte a page. */
static bool used[MOST];
static unsigned all, below, in_use;

static void begin(unsigned pages)
{
	fake_begin(pages, 16);
	memset(used, 0, sizeof(used));
	all = below = pages;
	in_use = 0;
}

static bool is_free(unsigned first, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (used[first + i])
			return false;
	return true;
}

/* The highest that ends at or below `top`, page 0 left out. */
static unsigned highest(unsigned top, unsigned n, u64 align)
{
	for (unsigned first = top > n ? top - n : 0; first; first--)
		if ((VM / PAGE + first) % align == 0 && is_free(first, n))
			return first;
	return 0;
}

static void set(unsigned first, unsigned n, bool use)
{
	for (unsigned i = 0; i < n; i++) {
		WANT(used[first + i] != use);
		used[first + i] = use;
	}
	in_use += use ? n : 0 - n;
	WANT(vmalloc_in_use() == in_use);
	fake_quiet();
}

static vaddr_t take(unsigned pages, u64 align)
{
	bool aligned = align != 0;
	u64 step = aligned ? align : pages <= 16 && !(pages & (pages - 1)) ? pages : 1;
	unsigned want = highest(below, pages + 1, step);
	vaddr_t va = aligned ? vmalloc_va_alloc_aligned(pages, align) : vmalloc_va_alloc(pages);

	if (!want)
		want = highest(all, pages + 1, step);
	WANT(va == (want ? VM + want * PAGE : 0));
	if (!want || va != VM + want * PAGE)
		return 0;
	set(want, pages + 1, true);
	below = want;
	return va;
}

static void give(vaddr_t va, unsigned pages)
{
	vmalloc_va_free(va, pages);
	set((unsigned)((va - VM) / PAGE), pages + 1, false);
}

/* ---- cases ---- */

static void check_random(unsigned pages, unsigned most)
{
	static struct {
		vaddr_t va;
		unsigned pages;
	} live[MOST];
	unsigned nr = 0;

	begin(pages);
	srand(pages);
	for (unsigned i = 0; i < 4000; i++) {
		unsigned n = 1 + (unsigned)rand() % most;

		if (rand() % 8 < 5) {
			vaddr_t va = take(n, rand() % 4 ? 0 : 1ul << rand() % 6);

			if (va) {
				live[nr].va = va;
				live[nr++].pages = n;
			}
		} else if (nr) {
			n = (unsigned)rand() % nr;
			give(live[n].va, live[n].pages);
			live[n] = live[--nr];
		}
	}
	while (nr--)
		give(live[nr].va, live[nr].pages);
	WANT(!vmalloc_in_use());
}

/* All that there is but page 0, in one run or in many; then there is nothing. */
static void check_whole(void)
{
	vaddr_t va;

	for (unsigned pages = 3; pages < 140; pages++) {
		begin(pages);
		WANT(!vmalloc_va_alloc(0));
		WANT(!vmalloc_va_alloc(pages - 1) && !vmalloc_va_alloc(pages));
		WANT(!vmalloc_va_alloc(1ul << 40));
		va = take(pages - 2, 1);
		WANT(va == VM + PAGE);
		WANT(!vmalloc_va_alloc(1));
		give(va, pages - 2);
	}
	begin(65);
	for (unsigned i = 0; i < 32; i++)
		take(1, 0);
	WANT(vmalloc_in_use() == 64 && !vmalloc_va_alloc(1));
	give(VM + 31 * PAGE, 1);
	WANT(take(1, 0) == VM + 31 * PAGE);
}

static bool no_addresses(enum fail_point point, u64 about)
{
	(void)about;
	return point == FAIL_VMALLOC;
}

static void free_beside(void *arg)
{
	vmalloc_va_free(*(vaddr_t *)arg, 1);
}

static void check_refused(void)
{
	vaddr_t va;

	begin(64);
	fail_hook = no_addresses;
	WANT(!vmalloc_va_alloc(1) && !vmalloc_in_use());
	fail_hook = NULL;
	va = take(2, 0);
	va += 2 * PAGE; /* its guard, and a page that is not allocated */
	WANT(fake_asserts(free_beside, &va));
	va = VM + 63 * PAGE; /* there is no guard behind it */
	WANT(fake_asserts(free_beside, &va));
}

/* The bitmap has one bit a page, all of them clear, in frames that held something else. */
static void check_bitmap(void)
{
	static const struct {
		unsigned pages, order;
	} rows[] = { { 64, 0 },    { 32768, 0 },     { 32776, 1 },
		     { 65536, 1 }, { 65536 + 8, 2 }, { 131072, 2 } };
	struct why why = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_begin(64, 16);
		WANT(vmalloc_va_alloc(3) && vmalloc_in_use());
		layout.r[REGION_VMALLOC].len = rows[i].pages * PAGE;
		WANT(!vmalloc_init(&why));
		WANT(fake.frames_out == 1u << rows[i].order);
		WANT(!vmalloc_in_use());
		WANT(vmalloc_va_alloc(1) == VM + (rows[i].pages - 2) * PAGE);
		WANT(vmalloc_va_alloc_aligned(rows[i].pages - 4, 1) == VM + PAGE);
	}
	fake_begin(64, 16);
	fake.frames_most = 0;
	layout.r[REGION_VMALLOC].len = 131072 * PAGE;
	WANT(vmalloc_init(&why) == -ENOMEM);
	WANT_TEXT(why.text, "no 16 KiB of contiguous memory for the vmalloc bitmap");
}

void check_addresses(void)
{
	check_random(40, 5);
	check_random(90, 20);
	check_random(200, 40);
	check_random(MOST, 33);
	check_whole();
	check_refused();
	check_bitmap();
}
