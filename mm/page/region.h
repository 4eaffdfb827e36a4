/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/region.h - the registry of physical memory: what exists, whose it is, what node it is on.
 *
 * Two sorted arrays of disjoint ranges: `memory` (RAM in use or that came by hot-add) and
 * `reserved` (never handed out: firmware, no-map, DTB, initrd, image, boot allocations).  A third,
 * `withheld`, is RAM that exists but was kept back so that it can be hot-added.  Before the buddy
 * is up region_alloc() hands out boot memory from here; afterwards it is an assertion.
 * Callers are serialised: boot, later the hotplug lock held for write.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

enum region_kind {
	MEM_RAM,      /* `memory` */
	MEM_HOTADDED, /* `memory`, came by hotplug_add */
	MEM_WITHHELD,
	MEM_RESERVED, /* `reserved` kinds from here on */
	MEM_NOMAP,    /* reserved and never in the linear map */
	MEM_IMAGE,
	MEM_DTB,
	MEM_INITRD,
	MEM_BOOT, /* boot allocations: page tables, memmap of boot memory */
	MEM_KINDS,
};

struct mem_range {
	paddr_t pa;
	u64 len;
	u8 kind;
	u8 node;
};

const char *mem_kind_name(unsigned kind);

/* -EINVAL zero or wrapping length; -EEXIST overlap with another range of the same array;
 * -ENOMEM array full.  Adjacent ranges of one kind and node merge. */
int region_add(paddr_t, u64 len, enum region_kind, unsigned node, struct why *);
/* Remove exactly this range (it may be part of a larger one, which is then split). */
int region_remove(paddr_t, u64 len, enum region_kind, struct why *);
/* The RAM inside of this range must not be used: it is none any more.  Where a split has no place,
 * all of the range that it lies in goes. */
void region_give_up(paddr_t, u64 len);

/* The n-th range of memory / reserved / withheld (by any kind of that array); NULL past the end. */
const struct mem_range *region_nth(enum region_kind array, unsigned n);
/* First range of that array that intersects, or NULL. */
const struct mem_range *region_find(enum region_kind array, paddr_t, u64 len);
bool region_is_ram(paddr_t, u64 len); /* wholly inside `memory` */
u64 region_total(enum region_kind array);
paddr_t region_lowest(void); /* lowest RAM, withheld included */
unsigned region_node_of(paddr_t);
/* Ranges that still fit into that array: a removal that could split asks before it starts. */
unsigned region_room(enum region_kind array);

/* Boot allocator: physically contiguous, zeroed by the caller, from `memory` minus `reserved`, on
 * `node` first, below `limit` (0 = none); recorded as MEM_BOOT.  PA_NONE when it does not fit. */
paddr_t region_alloc(u64 len, u64 align, unsigned node, paddr_t limit);
/* The same, but only inside [lo, hi): used while only that part of RAM is mapped. */
paddr_t region_alloc_within(u64 len, u64 align, paddr_t lo, paddr_t hi);
void region_close_boot(void); /* the buddy took over */
/* Visit every page-aligned free boot range (memory minus reserved). */
void region_each_free(u64 align, void (*fn)(paddr_t, u64 len, unsigned node, void *arg), void *arg);

u64 region_digest(void);
void region_reset(void); /* host tests */
