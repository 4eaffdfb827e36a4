/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/devmem.h - memory of a device (ZONE_DEVICE): struct pages, but never in the page
 * allocator.
 *
 * A range belongs to a device from claim to release, and is in one of three modes (S1-28):
 *
 *   RAW   claimed: no other source may add it; no struct page, not mapped
 *
 *   DAX   linear map and struct pages (PAGE_DEVICE), no block, no state, no zone
 *
 *   KMEM  system RAM: memory blocks, OFFLINE at first (mm/hotplug/hotplug.h)
 *
 * The edges are absent - RAW, RAW - DAX and RAW - KMEM.  A change from DAX to KMEM or back passes
 * through RAW; when its second half is refused the first is undone.
 *
 * Every edge is all or none, and an edge followed by its inverse leaves no trace (the digest is
 * equal).  The memory keeps its contents, except for pages that hold memmap, and for KMEM, which is
 * RAM.
 *
 * Shapes.  A range is made of whole sub-sections (mm/hotplug/subsection.h) and is mapped and
 * unmapped as a whole, so leaves of its linear map are as large as range and format allow (1 GiB
 * with 4K pages). Without compounds the memmap is 64 bytes a page, all of it written.  With
 * compounds (their size is a power of two that divides the range's length and address) each takes
 * two frames: the first page of its struct pages, and one page of tails, to which all other pages
 * of its struct pages are mapped read-only.  A store through such a tail faults
 * (mm/memmap/memmap_compound.c).  Sizes by page size:
 *
 *   page  compound      struct pages of it         kept
 *   4K    2M ... 1G     8 ... 4096 pages           2
 *   16K   16M ... 1G    4 ... 256 pages            2
 *   64K   256M ... 1G   4 ... 16 pages             2
 *
 * Smaller ones would save nothing; Linux supports 2M and 1G (vmemmap_populate_compound_pages()).
 *
 * memmap=device: at the front of the range, after the reserve that the device may need for labels
 * or a superblock; compounds that hold either are not usable at all, as Linux aligns the data of a
 * pfn device.  memmap=host: in old memory.  Page tables are always in old memory (S0-49).
 *
 * Memory of a bus (`uncached`, ENGINE 6) is mapped non-cacheable, holds no struct page of its own
 * (memmap=host only) and is never RAM: atomics and table walks in it may fault.
 *
 * Costs are known in advance: devmem_cost() counts memmap and tables by level, and entering DAX is
 * refused with both numbers when too little memory is free.
 *
 * Calls hold the hotplug lock for write, and are refused with
 *   -EINVAL  not made of whole sub-sections or compounds; empty, wraps; a compound out of bounds;
 *            memmap=block; memory of a bus: memmap=device; nothing would be left; KMEM: not made
 *            of whole blocks
 *   -EEXIST  claim: overlaps another device range, sub-sections, a block or reserved memory
 *   -ENXIO   claim: no memory there; else: this is not exactly a device range
 *   -EBUSY   the wrong mode for this edge; leaving KMEM: a block is online or held
 *   -EEXIST  leaving KMEM: only some of the blocks were removed by hand before
 *   -EPERM   KMEM: memory of a bus
 *   -ERANGE, -ENOMEM, a veto: as for blocks
 */
#pragma once
#include <mm/hotplug/hotplug.h>

#define DEVMEM_MAX 32 /* device ranges */

enum devmem_mode { DEVMEM_RAW, DEVMEM_DAX, DEVMEM_KMEM, DEVMEM_MODES };

struct devmem_opts {
	const struct memmap_scheme *memmap; /* host or device; NULL: device */
	u64 compound;                       /* bytes; 0: none */
	u64 reserve;       /* bytes at the front that memmap=device does not use; whole pages */
	const void *owner; /* an event source; NULL: the operator; outlives the range */
	bool uncached;     /* memory of a bus: see above */
	bool leaves;       /* as in hotplug_opts */
};

struct devmem {
	paddr_t pa;
	u64 len;
	struct devmem_opts opts;
	u64 data; /* as DAX: byte offset of the usable part, after reserve and memmap */
	u8 node;
	u8 mode; /* enum devmem_mode */
};

/* The memory that entering DAX takes, in bytes. */
struct devmem_cost {
	u64 full;       /* struct pages of the range */
	u64 memmap;     /* the part of `full` that is allocated: all of it without compounds */
	u64 reserved;   /* bytes at the front of the range for reserve and memmap */
	u64 tables;     /* both regions, all levels */
	u64 need, free; /* old memory: tables, and the memmap of memmap=host */
	u32 memmap_tables[PT_LEVELS_MAX], linear_tables[PT_LEVELS_MAX];
};

const char *devmem_mode_name(unsigned mode); /* "raw", "dax", "kmem" */
u64 devmem_compound_min(void);               /* bytes; the largest is 1 GiB */

/* For a range that is absent or RAW; else -EEXIST.  Takes the hotplug lock for read. */
int devmem_cost(paddr_t, u64 len, unsigned node, const struct devmem_opts *, struct devmem_cost *,
		struct why *);

/* absent to RAW, and back.  The options are kept until the release. */
int devmem_claim(paddr_t, u64 len, unsigned node, const struct devmem_opts *, struct why *);
int devmem_release(paddr_t, u64 len, struct why *);
/* Change to another mode, in one edge or through RAW; -EBUSY for the mode that it has already.
 * `report`, may be NULL, describes the last edge. */
int devmem_set_mode(paddr_t, u64 len, enum devmem_mode, struct hotplug_report *, struct why *);
/* Several edges, all or none: from absent to DAX; from any mode to absent. */
int devmem_add(paddr_t, u64 len, unsigned node, const struct devmem_opts *, struct hotplug_report *,
	       struct why *);
int devmem_remove(paddr_t, u64 len, struct hotplug_report *, struct why *);

/* ---- reading: the hotplug lock is held, or no CPU changes memory; valid while that holds ---- */

/* The first device range that holds a page of [pfn, pfn + nr), or NULL. */
const struct devmem *devmem_find(pfn_t, u64 nr);
/* The same for ranges that no add may overlap: KMEM is not counted, because its blocks are. */
const struct devmem *devmem_keeping(pfn_t, u64 nr);
const struct devmem *devmem_nth(unsigned n); /* in address order; NULL past the end */
u64 devmem_digest(u64 hash);
