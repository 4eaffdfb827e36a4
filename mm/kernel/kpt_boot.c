/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/kpt_boot.c - table pages before the buddy (see mm/kernel/kpt_boot.h).
 *
 * Arena 0 is the boot pool; later ones are allocated from the registry, each twice as large, so
 * that the list stays short even if much memory is mapped by pages.  Runs on the boot CPU alone.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <lib/assert.h>
#include <mm/kernel/kpt_boot.h>
#include <mm/page/page.h>
#include <mm/page/region.h>

#define POOL_PAGES 256
#define ARENAS_MAX 16
#define FIRST_ARENA_PAGES 32

struct arena {
	paddr_t pa; /* of the first table */
	u32 nr, used;
	struct pt_link *links;
};

bool kpt_boot_open = true;

static struct pt_link pool_links[POOL_PAGES] __attribute__((section(".noinit")));
static struct arena arenas[ARENAS_MAX] = { { .nr = POOL_PAGES, .links = pool_links } };
static unsigned nr_arenas = 1;
static struct pt_link *unused; /* tables that plans did not need */
static bool trimmed;
static paddr_t mapped_lo, mapped_hi;

void kpt_boot_mapped(paddr_t lo, paddr_t hi)
{
	mapped_lo = lo;
	mapped_hi = hi;
}

static struct arena *arena_of(paddr_t pa)
{
	for (unsigned i = 0; i < nr_arenas; i++)
		if (pa - arenas[i].pa < (u64)arenas[i].nr << page_shift())
			return &arenas[i];
	assert_failed(__FILE__, __LINE__, "not a boot table", pa, nr_arenas);
}

struct pt_link *kpt_boot_link(paddr_t pa)
{
	struct arena *a = arena_of(pa);

	return &a->links[(pa - a->pa) >> page_shift()];
}

paddr_t kpt_boot_pa(const struct pt_link *l)
{
	for (unsigned i = 0; i < nr_arenas; i++)
		if (l >= arenas[i].links && l < arenas[i].links + arenas[i].nr)
			return arenas[i].pa + ((u64)(l - arenas[i].links) << page_shift());
	assert_failed(__FILE__, __LINE__, "not the link of a boot table", ptr_va(l), nr_arenas);
}

static bool new_arena(void)
{
	u32 nr = FIRST_ARENA_PAGES << (nr_arenas - 1);
	u64 links = align_up(nr * sizeof(struct pt_link), page_size());
	paddr_t pa;

	if (nr_arenas == ARENAS_MAX || mapped_lo == mapped_hi)
		return false;
	pa = region_alloc_within(links + ((u64)nr << page_shift()), page_size(), mapped_lo,
				 mapped_hi);
	if (pa == PA_NONE)
		return false;
	arenas[nr_arenas++] = (struct arena) { pa + links, nr, 0, pa_ptr(pa) };
	return true;
}

/* The pool returns consecutive pages, so it is an arena once the first is known. */
static paddr_t from_pool(struct arena *a)
{
	paddr_t pa = boot_pool_alloc();

	if (pa == PA_NONE)
		return PA_NONE;
	if (!a->used)
		a->pa = pa;
	ASSERT_OP(pa, ==, a->pa + ((u64)a->used << page_shift()));
	a->used++;
	return pa;
}

static paddr_t from_arena(struct arena *a)
{
	paddr_t pa = a->pa + ((u64)a->used << page_shift());

	if (a->used == a->nr)
		return PA_NONE;
	a->used++;
	arch_zero(pa_ptr(pa), page_size());
	return pa;
}

static paddr_t next_table(void)
{
	struct arena *a = &arenas[nr_arenas - 1];
	paddr_t pa = a == arenas ? from_pool(a) : from_arena(a);

	if (pa == PA_NONE && new_arena())
		pa = from_arena(&arenas[nr_arenas - 1]);
	return pa;
}

/* A table from the unused list is still zero: the link of a planned table is outside it, and a
 * table that is not installed is not written. */
paddr_t kpt_boot_alloc(void)
{
	paddr_t pa;

	ASSERT(!trimmed);
	if (unused) {
		pa = kpt_boot_pa(unused);
		unused = unused->next;
	} else {
		pa = next_table();
	}
	if (pa != PA_NONE)
		*kpt_boot_link(pa) = (struct pt_link) { 0 };
	return pa;
}

void kpt_boot_free(paddr_t pa)
{
	struct pt_link *l = kpt_boot_link(pa);

	l->next = unused;
	unused = l;
}

void kpt_boot_trim(void)
{
	for (unsigned i = 1; i < nr_arenas; i++) {
		u64 used = (u64)arenas[i].used << page_shift();
		u64 all = (u64)arenas[i].nr << page_shift();

		if (used < all)
			region_remove(arenas[i].pa + used, all - used, MEM_BOOT, NULL);
	}
	trimmed = true;
}

void kpt_boot_close(void)
{
	for (unsigned i = 0; i < nr_arenas; i++)
		for (u32 n = 0; n < arenas[i].used; n++)
			pa_page(arenas[i].pa + ((u64)n << page_shift()))->table =
				arenas[i].links[n];
	kpt_boot_open = false;
}
