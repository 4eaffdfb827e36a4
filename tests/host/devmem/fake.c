/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/devmem/fake.c - see fake.h. */
#include "fake.h"
#include <fakes/hotplug_lock.h>
#include <kern/cpu.h>
#include <lib/fail.h>

struct fake fake;
struct page fake_pages[PAGES];

const struct memmap_scheme host = { .s = { .name = "host" }, .where = MEMMAP_IN_OLD_MEMORY };
const struct memmap_scheme in_blocks = { .s = { .name = "block" }, .where = MEMMAP_IN_EACH_BLOCK };
const struct memmap_scheme device = { .s = { .name = "device" }, .where = MEMMAP_IN_FIRST_BLOCKS };

static bool fail(enum fail_point point, u64 about)
{
	(void)about;
	return fake.no_room && point == FAIL_RANGES;
}

void fake_begin(unsigned page_shift)
{
	static struct pt_fmt fmt;

	fmt.page_shift = (u8)page_shift;
	memset(&fake, 0, sizeof(fake));
	kpt.fmt = layout.fmt = &fmt;
	layout.phys_base = BASE;
	layout.section_bytes = page_shift == 16 ? 512 * MiB : 128 * MiB;
	layout.subsection_bytes = max_u64(2 * MiB, 1ul << 2 * page_shift >> 6);
	layout.r[REGION_LINEAR].va = 0xffff000000000000ul;
	layout.r[REGION_VMEMMAP].va = ptr_va(fake_pages);
	fail_hook = fail;
}

u64 memmap_bytes(u64 pages)
{
	return align_up(pages * 64, 1ul << layout.fmt->page_shift);
}

vaddr_t memmap_va(pfn_t pfn)
{
	return ptr_va(pfn_to_page(pfn));
}

/* ---- options ---- */
int hotplug_span_init_subsections(struct block_span *s, paddr_t pa, u64 len, struct why *why)
{
	*s = (struct block_span) { .pa = pa,
				   .len = len,
				   .pfn = pa >> layout.fmt->page_shift,
				   .nr = len >> layout.fmt->page_shift,
				   .unit = layout.subsection_bytes };
	fake.pa = pa;
	fake.len = len;
	return fake.span_fails ? refuse(why, ERANGE, "beyond") : 0;
}

void hotplug_opts_default(struct hotplug_opts *o)
{
	*o = (struct hotplug_opts) { .leaf = 77, .contig = true };
}

const struct memmap_scheme *memmap_scheme_find(const char *name, struct why *why)
{
	WANT(!strcmp(name, "device"));
	if (fake.no_scheme)
		refuse(why, EINVAL, "no such scheme");
	return fake.no_scheme ? NULL : &device;
}

int hotplug_opts_add(const struct hotplug_opts *given, struct hotplug_opts *o, struct why *why)
{
	WANT(given->leaf == 77 && given->contig);
	*o = *given;
	o->leaf = -1;
	return fake.options_fail ? refuse(why, EINVAL, "options") : 0;
}

int hotplug_node_check(unsigned node, struct why *why)
{
	return node < NODES_MAX ? 0 : refuse(why, EINVAL, "no node");
}

/* ---- costs ---- */
unsigned hot_add_level(const struct hot_add *a)
{
	(void)a;
	return 2;
}

unsigned hot_add_memmap_level(const struct hot_add *a)
{
	(void)a;
	return 1;
}

static const u32 memmap_tables[PT_LEVELS_MAX] = { 9, 1, 4, 1, 2 };
static const u32 linear_tables[PT_LEVELS_MAX] = { 3, 5, 1, 8, 6 };

u64 fake_tables(bool linear)
{
	return (linear ? 23ul : 17ul) << layout.fmt->page_shift;
}

int pt_count_tables(struct pt *pt, vaddr_t va, u64 len, unsigned max_level,
		    u32 by_level[PT_LEVELS_MAX], struct why *why)
{
	bool linear = va - layout.r[REGION_LINEAR].va < 16 * GiB;

	WANT(pt == &kpt && fake_hotplug == HOLD_READ && len && max_level == (linear ? 2 : 1));
	WANT(va == (linear ? linear_va(fake.pa) : memmap_va(fake.pa >> page_shift())));
	WANT(len == (linear ? fake.len : memmap_bytes(fake.len >> page_shift())));
	memcpy(by_level, linear ? linear_tables : memmap_tables, sizeof(linear_tables));
	if (++fake.counts == fake.count_fails)
		return refuse(why, EEXIST, "mapped");
	return 0;
}

u64 buddy_free_pages(unsigned node, enum zone_id zone)
{
	WANT(node < NODES_MAX && zone == ZONE_NORMAL);
	return node + 1; /* 36 together */
}

int hotplug_span_absent(const struct block_span *s, struct why *why)
{
	WANT(fake_hotplug == HOLD_READ && s->len);
	return fake.present ? refuse(why, EEXIST, "present") : 0;
}
