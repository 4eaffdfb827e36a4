/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/osl_memory.c - ACPICA's memory: a heap with size classes on whole pages of node 0,
 * and the ranges of tables, the only physical memory that ACPICA may map.
 *
 * A block has a 16-byte header with a magic number, which detects the free of a foreign or free
 * block.  A block larger than the largest class is a chunk of its own.  osl_heap_close() frees all
 * chunks after acpi_terminate(), with the blocks that ACPICA leaks when AML recurses to its limit.
 */
#include <drivers/acpi/osl.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/page/buddy.h>
#include <mm/page/region.h>

#define HEAD 16
#define CLASS_MIN 5 /* 32 bytes */
#define CLASS_MAX 15
#define CHUNK (64 * KiB)
#define HEAP_MAX (16 * MiB)
#define RANGES 8
#define LIVE 0x41435049u
#define DEAD 0x64656164u

struct osl_block {
	u32 magic;
	u32 class; /* above CLASS_MAX: a chunk of its own */
	struct osl_block *next;
};
_Static_assert(sizeof(struct osl_block) == HEAD, "alignment of the block after the header");

struct chunk { /* header at the start of its pages */
	struct chunk *next;
	unsigned order;
};

static struct osl_block *free_blocks[CLASS_MAX + 1];
static struct chunk *chunks;
/* The unused rest of the newest chunk of small blocks. */
static u8 *fresh, *fresh_end;
static struct osl_heap heap;

/* Physical memory that ACPICA may map. */
static struct osl_range {
	paddr_t pa;
	u64 len;
} ranges[RANGES];
static unsigned ranges_nr;
static bool reserved_too;

const struct osl_heap *osl_heap(void)
{
	return &heap;
}

static unsigned order_of(u64 bytes)
{
	u64 pages = align_up(bytes, page_size()) >> page_shift();

	return pages > 1 ? log2_u64(pages - 1) + 1 : 0;
}

/* NULL: no memory, or the heap would exceed HEAP_MAX: AML must not exhaust the memory. */
static void *pages_get(unsigned order)
{
	struct page *p;

	if (order > BUDDY_MAX_ORDER || ((heap.pages + (1ul << order)) << page_shift()) > HEAP_MAX)
		return NULL;
	p = page_alloc_any(0, ZONE_NORMAL, order, "acpi");
	if (!p)
		return NULL;
	heap.pages += 1ul << order;
	heap.peak_pages = max_u64(heap.peak_pages, heap.pages);
	return page_ptr(p);
}

static void pages_put(void *at, unsigned order)
{
	heap.pages -= 1ul << order;
	page_free(pa_page(linear_pa(ptr_va(at))), order);
}

/* Allocate a chunk for at least `bytes` besides its header, and link it for osl_heap_close(). */
static struct chunk *chunk_new(u64 bytes)
{
	unsigned order = order_of(bytes + 2 * HEAD);
	struct chunk *c = pages_get(order);

	if (!c)
		return NULL;
	c->order = order;
	c->next = chunks;
	chunks = c;
	return c;
}

/* Begin a new chunk of small blocks; the rest of the former one is wasted. */
static bool refill(void)
{
	struct chunk *c = chunk_new(CHUNK - 2 * HEAD);

	if (!c)
		return false;
	fresh = (u8 *)c + 2 * HEAD;
	fresh_end = (u8 *)c + (page_size() << c->order);
	return true;
}

static struct osl_block *large(u64 bytes)
{
	struct chunk *c = chunk_new(bytes);

	return c ? (struct osl_block *)((u8 *)c + 2 * HEAD) : NULL;
}

/* Unlink and free the chunk of a large block. */
static void large_free(struct osl_block *b)
{
	struct chunk *c = (struct chunk *)((u8 *)b - 2 * HEAD), **at = &chunks;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	pages_put(c, c->order);
}

/* A block of 1 << class bytes: a free one, else the next part of the newest chunk. */
static struct osl_block *small(unsigned class)
{
	struct osl_block *b = free_blocks[class];

	if (b) {
		free_blocks[class] = b->next;
		return b;
	}
	if ((u64)(fresh_end - fresh) < 1ul << class && !refill())
		return NULL;
	b = (struct osl_block *)fresh;
	fresh += 1ul << class;
	return b;
}

void *acpi_os_allocate(acpi_size size)
{
	u64 bytes = size + HEAD;
	unsigned class = bytes > 1 ? log2_u64(bytes - 1) + 1 : 0;
	struct osl_block *b;

	if (size > HEAP_MAX || !osl_step(1)) /* so that no sum below overflows */
		return NULL;
	class = class < CLASS_MIN ? CLASS_MIN : class;
	b = class <= CLASS_MAX ? small(class) : large(bytes);
	if (!b)
		return NULL;
	b->magic = LIVE;
	b->class = class;
	heap.allocs++;
	return (u8 *)b + HEAD;
}

void acpi_os_free(void *memory)
{
	struct osl_block *b;

	if (!memory)
		return;
	b = (struct osl_block *)((u8 *)memory - HEAD);
	ASSERT_OP(b->magic, ==, LIVE);
	b->magic = DEAD;
	heap.frees++;
	if (b->class > CLASS_MAX) {
		large_free(b);
		return;
	}
	b->next = free_blocks[b->class];
	free_blocks[b->class] = b;
}

u64 osl_heap_close(void)
{
	u64 lost = heap.allocs - heap.frees;

	while (chunks) {
		struct chunk *c = chunks;

		chunks = c->next;
		pages_put(c, c->order);
	}
	memset(free_blocks, 0, sizeof(free_blocks));
	fresh = fresh_end = NULL;
	heap.frees += lost;
	heap.lost = lost;
	return lost;
}

int osl_tables_allow(paddr_t pa, u64 len)
{
	if (ranges_nr == RANGES || pa + len < pa)
		return -ENOMEM;
	ranges[ranges_nr++] = (struct osl_range) { pa, len };
	return 0;
}

void osl_tables_allow_reserved(void)
{
	reserved_too = true;
}

void osl_tables_forget(void)
{
	ranges_nr = 0;
	reserved_too = false;
}

/* True if firmware reserved this RAM and the linear map covers it. */
static bool firmware_reserved(paddr_t pa, u64 len)
{
	const struct mem_range *r = region_find(MEM_RESERVED, pa, len);

	return r && r->kind == MEM_RESERVED && pa >= r->pa && pa - r->pa <= r->len &&
	       len <= r->len - (pa - r->pa) && region_is_ram(pa, len);
}

bool osl_tables_have(paddr_t pa, u64 len)
{
	for (unsigned i = 0; i < ranges_nr; i++)
		if (pa >= ranges[i].pa && pa - ranges[i].pa <= ranges[i].len &&
		    len <= ranges[i].len - (pa - ranges[i].pa))
			return true;
	return reserved_too && pa + len >= pa && firmware_reserved(pa, len);
}

void *acpi_os_map_memory(acpi_physical_address where, acpi_size length)
{
	return osl_tables_have(where, length) ? pa_ptr(where) : NULL;
}

/* Tables are in the linear map: nothing to unmap. */
void acpi_os_unmap_memory(void *logical, acpi_size size)
{
	(void)logical;
	(void)size;
}
