/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/early.c - the trampoline page table: image W^X at its link address, and one identity page.
 *
 * The one exception to the page-table choke points (ENGINE 3).  early_build() runs at the physical
 * address with the MMU off: it must not follow stored pointers (all addresses are PC relative).
 * early_map_*() runs at the link address until the kernel's page tables are in use: it only writes
 * leaves to empty cells of a window, so it needs no invalidation, only arch_pt_visible().
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <boot/early.h>
#include <mm/kernel/layout.h>

#ifdef __aarch64__
#include <boot/early_arm64.h>
#else
#include <boot/early_riscv64.h>
#endif

#define PAGE 4096ul
#define LEAF_TABLES IMAGE_TABLES  /* of 2 MiB of the image each */
#define WINDOW_TABLES 2           /* 4 MiB for device tree and console */
#define WINDOW_OFFSET (512 * MiB) /* above the image, under the same 1 GiB table */
#define POOL_BYTES (1 * MiB)

/* In .data, because the entry code fills it before and after it clears .bss. */
struct boot_info boot_info __attribute__((section(".data")));

static early_table_t chain[EARLY_LEVELS] __attribute__((section(".noinit"), aligned(4096)));
static early_table_t leaves[LEAF_TABLES] __attribute__((section(".noinit"), aligned(4096)));
static early_table_t window[WINDOW_TABLES] __attribute__((section(".noinit"), aligned(4096)));
static early_table_t identity[EARLY_LEVELS] __attribute__((section(".noinit"), aligned(4096)));
static u8 pool[POOL_BYTES] __attribute__((section(".noinit"), aligned(65536)));
static u64 pool_used;
static unsigned window_used; /* pages */
static struct early_roots roots;

extern char boot_stack_guard[], boot_stack[];

static unsigned early_index(vaddr_t va, unsigned level)
{
	return (unsigned)(va >> (12 + 9 * level)) & (EARLY_CELLS - 1);
}

static void early_clear(u64 *cell, u64 n)
{
	early_drop_lines(cell, n * 8);
	for (u64 i = 0; i < n; i += 16) {
#pragma GCC unroll 16
		for (u64 k = 0; k < 16; k++)
			cell[i + k] = 0;
		__asm__ volatile("" ::: "memory"); /* so that the compiler does not call memset */
	}
}

/* Map n pages from `pa` on; the entries of consecutive pages differ by one stride. */
static void early_map_pages(u64 *cell, u64 n, paddr_t pa, enum early_prot prot)
{
	u64 v = early_leaf(pa, prot), stride = early_leaf(pa + PAGE, prot) - v;

#pragma GCC unroll 8
	for (; n; n--, v += stride) {
		*cell++ = v;
		__asm__ volatile("" ::: "memory"); /* one store for each cell, not merged */
	}
}

static void map_none(u64 cell, u64 end)
{
#pragma GCC unroll 8
	for (; cell < end; cell++) {
		leaves[0][cell] = 0;
		__asm__ volatile("" ::: "memory"); /* as above */
	}
}

/* Map [from, to) of the image; both are physical addresses of the running copy.  Cells are written
 * once, in order, from `cell` on; returns the index after the last one. */
static u64 map_image(u64 cell, const char *from, const char *to, enum early_prot prot)
{
	u64 first = (u64)(from - image_start) / PAGE, n = (u64)(to - from + PAGE - 1) / PAGE;

	map_none(cell, first);
	early_map_pages(&leaves[0][first], n, (paddr_t)(uintptr_t)from, prot);
	return first + n;
}

/* The number of level-0 tables that the image needs. */
static unsigned leaf_tables(void)
{
	return (unsigned)((u64)(image_end - image_start + EARLY_CELLS * PAGE - 1) /
			  (EARLY_CELLS * PAGE));
}

static void build_image(u64 leaf_cells)
{
	u64 cell = 0;

	for (unsigned i = 0; i < leaf_tables(); i++)
		chain[1][early_index(IMAGE_VA, 1) + i] = early_table((paddr_t)(uintptr_t)leaves[i]);
	for (unsigned i = 0; i < WINDOW_TABLES; i++)
		chain[1][early_index(IMAGE_VA + WINDOW_OFFSET, 1) + i] =
			early_table((paddr_t)(uintptr_t)window[i]);
	for (unsigned l = 2; l < EARLY_LEVELS; l++)
		chain[l][early_index(IMAGE_VA, l)] = early_table((paddr_t)(uintptr_t)chain[l - 1]);
	cell = map_image(cell, image_start, text_end, EARLY_RX);
	cell = map_image(cell, rodata_start, rodata_end, EARLY_RO);
	cell = map_image(cell, data_start, boot_stack_guard, EARLY_RW);
	cell = map_image(cell, boot_stack, image_end, EARLY_RW);
	map_none(cell, leaf_cells);
}

static void build_identity(void)
{
	paddr_t pa = (paddr_t)(uintptr_t)idmap_start;

	identity[0][early_index(pa, 0)] = early_leaf(pa, EARLY_RX);
	for (unsigned l = 1; l < EARLY_LEVELS; l++)
		identity[l][early_index(pa, l)] = early_table((paddr_t)(uintptr_t)identity[l - 1]);
	early_join(chain, identity, pa);
}

struct early_roots *early_build(void)
{
	u64 leaf_cells = leaf_tables() * EARLY_CELLS;

	early_clear(chain[1], (EARLY_LEVELS - 1) * EARLY_CELLS); /* level 0 is `leaves` */
	early_drop_lines(leaves, leaf_cells * 8);
	early_clear(window[0], sizeof(window) / 8);
	early_clear(identity[0], sizeof(identity) / 8);
	build_image(leaf_cells);
	build_identity();
	early_drop_lines(chain[1], (EARLY_LEVELS - 1) * sizeof(chain[1]));
	early_drop_lines(leaves, leaf_cells * 8);
	early_drop_lines(window, sizeof(window));
	early_drop_lines(identity, sizeof(identity));
	for (unsigned l = 1; l < EARLY_LEVELS; l++)
		roots.root_by_level[l] = (paddr_t)(uintptr_t)chain[l];
	roots.image_root = roots.root_by_level[EARLY_LEVELS - 1];
	roots.identity_root = (paddr_t)(uintptr_t)identity[EARLY_LEVELS - 1];
	return &roots;
}

paddr_t early_root(unsigned levels)
{
	return roots.root_by_level[levels - 1];
}

/* Pages of the window are used once, in order.  Empty -> leaf needs no invalidation. */
static void *window_map(paddr_t pa, u64 len, enum early_prot prot)
{
	paddr_t first = align_down(pa, PAGE);
	u64 pages = (align_up(pa + len, PAGE) - first) / PAGE;
	vaddr_t va = IMAGE_VA + WINDOW_OFFSET + window_used * PAGE;

	if (pages > WINDOW_TABLES * EARLY_CELLS - window_used)
		return NULL;
	early_map_pages(&window[0][window_used], pages, first, prot);
	window_used += pages;
	arch_pt_visible(); /* the leaves are visible before the first use of the window */
	return va_ptr(va + (pa - first));
}

paddr_t early_pa_of(vaddr_t va)
{
	u64 page = (va - IMAGE_VA - WINDOW_OFFSET) / PAGE, offset = va & (PAGE - 1);

	if (va - IMAGE_VA < boot_info.image_len)
		return boot_info.image_pa + (va - IMAGE_VA);
	return page < window_used ? early_leaf_pa(window[0][page]) + offset : PA_NONE;
}

const void *early_map_cells(u64 cell, unsigned n)
{
	u64 first = align_up(window_used, n);

	if (first + n > WINDOW_TABLES * EARLY_CELLS)
		return NULL;
	for (unsigned i = 0; i < n; i++)
		window[0][first + i] = cell;
	window_used = (unsigned)(first + n);
	arch_pt_visible(); /* as in window_map() */
	return va_ptr(IMAGE_VA + WINDOW_OFFSET + first * PAGE);
}

volatile void *early_map_device(paddr_t pa, u64 len)
{
	return window_map(pa, len, EARLY_DEV);
}

const void *early_map_ro(paddr_t pa, u64 len)
{
	return window_map(pa, len, EARLY_RO);
}

void *early_map_rw(paddr_t pa, u64 len)
{
	return window_map(pa, len, EARLY_RW);
}

paddr_t boot_pool_alloc(void)
{
	u64 size = page_size();
	void *page = pool + pool_used;

	if (pool_used + size > POOL_BYTES)
		return PA_NONE;
	pool_used += size;
	arch_zero(page, size);
	return image_pa_of(page);
}
