/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/layout.h - the regions of the kernel's half of the address space, computed from the
 * geometry.
 *
 *   base = -(1 << half_bits)
 *   [linear map      ] linear_va .. + linear_len       pa = va - linear_va + phys_base
 *   [device          ] I/O mappings, from its end down
 *   [vmalloc         ] stacks, movable pages, from its end down
 *   [vmemmap         ] 64 bytes per page of the linear map
 *   [shadow          ] one byte for eight of the linear map; absent without shadow=on
 *   [image           ] -2 GiB; absent (length 0) where the half is below 64 GiB
 *
 * placement=shared:   vmalloc ends where vmemmap begins, inside one intermediate table, on purpose.
 * placement=disjoint: no table that hot-remove may free is reachable from two regions (S0-09):
 *                     each region begins at a root-entry boundary (a root of two entries: at one
 *                     of the level below).
 * phys_base is the lowest RAM rounded down to 1 GiB, or to a block if that is larger.  Everything
 * here is constant after layout_init() (host tests call it again).
 */
#pragma once
#include <arch_inline.h> /* va_ptr, ptr_va */
#include <lib/err.h>
#include <mm/pt/pt_fmt.h>

struct pt; /* mm/pt/pt.h */

enum region_id {
	REGION_LINEAR,
	REGION_VMEMMAP,
	REGION_VMALLOC,
	REGION_DEVICE,
	REGION_SHADOW,
	REGION_IMAGE,
	REGION_NR
};

struct va_region {
	const char *name;
	vaddr_t va;
	u64 len;
};

struct layout {
	const struct pt_fmt *fmt;
	bool disjoint;
	paddr_t phys_base;
	struct va_region r[REGION_NR];
	u64 section_bytes; /* 128 MiB for 4K and 16K pages, 512 MiB for 64K */
	u64 block_bytes;   /* section, 1 GiB or 2 GiB (block=) */
	/* max(2 MiB, page^2 / 64): its struct pages fill whole pages (ENGINE 7) */
	u64 subsection_bytes;
};

extern struct layout layout;
extern bool layout_with_shadow; /* shadow=on: set before layout_init() */

#define IMAGE_VA 0xffffffff80000000ul

/*
 * Compute the regions for a format.  lowest_ram is the lowest RAM address, withheld included;
 * block_bytes 0 means one section.  -EINVAL: a block size other than a section, 1 GiB or 2 GiB; RAM
 * beyond the format's addresses; regions that do not fit its half.  Then `layout` is unchanged.
 */
int layout_init(const struct pt_fmt *, bool disjoint, paddr_t lowest_ram, u64 block_bytes,
		struct why *);

/* The range that the linear map can reach (S1-45): [*pa, *pa + *len). */
void layout_mappable(paddr_t *pa, u64 *len);
bool layout_is_mappable(paddr_t, u64 len);
/* 0, or -EEXIST naming the first table below the root that serves two regions (S0-09).  The caller
 * holds the hotplug lock. */
int layout_check_sharing(const struct pt *, struct why *);

static inline unsigned page_shift(void)
{
	return layout.fmt->page_shift;
}

static inline u64 page_size(void)
{
	return 1ul << page_shift();
}

/* Only for addresses that layout_is_mappable(): no check. */
static inline vaddr_t linear_va(paddr_t pa)
{
	return layout.r[REGION_LINEAR].va + (pa - layout.phys_base);
}

static inline paddr_t linear_pa(vaddr_t va)
{
	return va - layout.r[REGION_LINEAR].va + layout.phys_base;
}
