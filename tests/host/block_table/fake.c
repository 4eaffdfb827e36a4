/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/block_table/fake.c - see fake.h. */
#include "fake.h"
#include <kern/cpu.h>
#include <lib/assert.h>
#include <lib/fail.h>
#include <mm/pt/pt.h>
#include <string.h>

#define PAGES (4 * BLOCK / PAGE)
#define GARBAGE 0x5a
#define HEAP (128 * PAGE) /* of the registry; behind it are pages that the buddy has */

struct fake fake;
u64 fake_base = 0x40000000;

static _Alignas(4096) u8 memory[4 * BLOCK];
static struct page pages[PAGES];
static bool given[4 * BLOCK / 64], used[PAGES];
static u64 next;

static bool fail(enum fail_point point, u64 about)
{
	(void)about;
	return fake.point && point == FAIL_BLOCK;
}

void fake_begin(u64 mappable_blocks)
{
	static const struct pt_fmt fmt = { .page_shift = 12 };

	memset(&fake, 0, sizeof(fake));
	memset(memory, GARBAGE, sizeof(memory));
	memset(given, 0, sizeof(given));
	memset(used, 0, sizeof(used));
	memset(pages, 0, sizeof(pages));
	for (unsigned i = 0; i < HEAP / PAGE; i++)
		pages[i].flags = PAGE_FLAGS(PAGE_BOOT, PAGE_USED, 0, 0);
	next = 64;
	fail_hook = fail;
	layout.fmt = &fmt;
	layout.phys_base = BASE;
	layout.block_bytes = BLOCK;
	layout.r[REGION_LINEAR].va = ptr_va(memory);
	layout.r[REGION_VMEMMAP].va = ptr_va(pages);
	fake.mappable = mappable_blocks * BLOCK;
	fake.ram[0] = (struct mem_range) { BASE, 2 * BLOCK, MEM_RAM, 3 };
}

bool fake_intact(void)
{
	for (u64 i = 0; i < sizeof(memory); i++)
		if (!given[i / 64] && memory[i] != GARBAGE)
			return false;
	return true;
}

/* ---- the registry ---- */
paddr_t region_alloc(u64 len, u64 align, unsigned node, paddr_t limit)
{
	paddr_t pa;

	WANT(len == PAGE && align == PAGE && !node && !limit);
	if (!fake.regions++)
		fake.top_bytes = len;
	if (fake.regions == fake.fail_at)
		return PA_NONE;
	pa = align_up(next, align);
	next = pa + len + 64; /* the bytes between are not used */
	WANT(next <= HEAP);
	memset(&given[pa / 64], true, len / 64);
	return BASE + pa;
}

const struct mem_range *region_nth(enum region_kind array, unsigned n)
{
	const struct mem_range *r = array == MEM_RAM ? fake.ram : fake.withheld;

	WANT(array == MEM_RAM || array == MEM_WITHHELD);
	return r[n].len ? &r[n] : NULL;
}

void layout_mappable(paddr_t *pa, u64 *len)
{
	*pa = BASE;
	*len = fake.mappable;
}

bool layout_is_mappable(paddr_t pa, u64 len)
{
	return pa >= BASE && pa - BASE + len <= fake.mappable;
}

/* ---- the buddy ---- */
struct page *page_alloc(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	unsigned i = HEAP / PAGE + 32 * node;

	WANT(node < NODES_MAX && zone == ZONE_NORMAL && !order && owner);
	if (node >= NODES_MAX || fake.offer[node] == NONE ||
	    (fake.pages_most && fake.out == fake.pages_most))
		return NULL;
	if (fake.offer[node] == OF_ADDED)
		i = 2 * BLOCK / PAGE + 32 * node;
	while (used[i])
		i++;
	used[i] = true;
	memset(&given[i * PAGE / 64], true, PAGE / 64);
	pages[i] = (struct page) { .flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 0, node),
				   .owner = owner };
	fake.allocs++;
	fake.out++;
	return &pages[i];
}

void page_free(struct page *p, unsigned order)
{
	unsigned i = (unsigned)(p - pages);

	WANT(!order && i < PAGES && used[i]);
	memset(&memory[i * PAGE], GARBAGE, PAGE);
	memset(&given[i * PAGE / 64], false, PAGE / 64);
	used[i] = false;
	p->owner = NULL;
	fake.frees++;
	fake.out--;
}
