/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/region.h - the registry of physical memory: the ranges that exist, their use and their
 * node.
 *
 * Two sorted arrays of disjoint ranges: `memory` (RAM in use, hot-added RAM included) and
 * `reserved` (never allocated: firmware, no-map, DTB, initrd, image, boot allocations).  A third,
 * `withheld`, is RAM that exists but is not used, so that it can be hot-added.  Before the buddy is
 * up region_alloc() allocates boot memory from here; afterwards it is an assertion. Beside them are
 * claims: addresses that devices and buses own, which never become memory. Callers are serialised:
 * boot, later the hotplug lock held for write.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

enum region_kind {
	MEM_RAM,      /* `memory` */
	MEM_HOTADDED, /* `memory`, added by hotplug_add() */
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
/*
 * Remove exactly this range (it may be part of a larger one, which is then split).  -EINVAL as
 * region_add(); -ENOENT: no range of this kind contains it; -ENOMEM: the array has no
 * room for the split.
 */
int region_remove(paddr_t, u64 len, enum region_kind, struct why *);
/* Remove the RAM inside this range from the registry, because it must not be used.  Where the array
 * has no room for a split, the whole range around it is removed. */
void region_give_up(paddr_t, u64 len);
/*
 * Leave out RAM that the linear map cannot contain, because it maps whole pages: a part of a page
 * at an end of a range, and a page of which a part is no-map.  One line for each through `log`.
 * Then each range of RAM is whole pages, and so is the no-map memory in it.  Boot, once the
 * geometry is chosen and the registry is filled, before the boot allocator is used.
 */
void region_whole_pages(u64 page, void (*log)(const char *sentence));

/* The n-th range of memory / reserved / withheld (by any kind of that array); NULL past the end. */
const struct mem_range *region_nth(enum region_kind array, unsigned n);
/* First range of that array that intersects, or NULL. */
const struct mem_range *region_find(enum region_kind array, paddr_t, u64 len);
bool region_is_ram(paddr_t, u64 len);     /* wholly inside `memory`, hot-added included */
bool region_is_mapped(paddr_t, u64 len);  /* and none of it no-map: in the linear map */
u64 region_total(enum region_kind array); /* bytes in that array, of all its kinds */
paddr_t region_lowest(void);              /* lowest RAM, withheld included; PA_NONE if none */
unsigned region_node_of(paddr_t);         /* of RAM, withheld included; 0 for anything else */
/* Ranges that still fit into that array, for a removal that could split and must not fail. */
unsigned region_room(enum region_kind array);

/* Boot allocator: physically contiguous, zeroed by the caller, from `memory` minus `reserved`, on
 * `node` first, below `limit` (0 = none); recorded as MEM_BOOT.  PA_NONE when it does not fit.
 * `len` and `align` are whole pages: the buddy gets no part of a page (region_each_free()). */
paddr_t region_alloc(u64 len, u64 align, unsigned node, paddr_t limit);
/* The same, but only inside [lo, hi): used while only that part of RAM is mapped. */
paddr_t region_alloc_within(u64 len, u64 align, paddr_t lo, paddr_t hi);
void region_close_boot(void); /* the buddy took over */
/* Visit every free range of boot memory (memory minus reserved), trimmed to `align`. */
void region_each_free(u64 align, void (*fn)(paddr_t, u64 len, unsigned node, void *arg), void *arg);

/* ---- addresses that are no memory ---- */

enum region_claim {                      /* bits */
		    CLAIM_REGISTERS = 1, /* of a device */
		    CLAIM_KEPT = 2,      /* firmware's, by /reserved-memory */
		    CLAIM_PMEM = 4,      /* memory of a device, described as such */
		    CLAIM_WINDOW = 8,    /* of a bus: the address window of its bridge */
};

/*
 * A driver or parser that describes or maps registers, or owns a bus window, enters it; at boot
 * only, and never removes it. `name` is copied: a refusal prints it.  Claims may overlap each other
 * and RAM.  -ENOMEM: no room; memory there is not refused then, so the caller has to report it.
 */
int region_claim(paddr_t, u64 len, enum region_claim, const char *name);
/* The name of the first claim of one of these kinds that intersects, in the order in which they
 * were entered; NULL: none.  Any context. */
const char *region_owner(paddr_t, u64 len, unsigned kinds);
/*
 * Remove from RAM the registers of devices, and the gaps between registers that are near each
 * other: a memory node may be too large.  The memory around the image, which runs there, is kept.
 * One line for each hole through `log`; it begins with `source`.  Call it before the boot allocator
 * is used.
 */
void region_cut_claimed(const char *source, void (*log)(const char *sentence));
struct mem_claim {
	paddr_t pa;
	u64 len;
	u32 kind;
	u32 name; /* offset of its text */
};
const struct mem_claim *region_claim_nth(unsigned n); /* NULL past the end */
const char *region_claim_name(const struct mem_claim *);

u64 region_digest(void);
void region_reset(void); /* host tests */
