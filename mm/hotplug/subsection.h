/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/subsection.h - memory by sub-sections: struct pages and a linear map, and nothing
 * else.
 *
 * A sub-section is max(2 MiB, page^2 / 64): 2 MiB with 4K pages, 4 MiB with 16K, 64 MiB with 64K.
 * So it takes 8, 1 or 1 pages of memmap: a page of memmap is never shared by two of them, in any
 * geometry, and there is nothing to count.  Neighbours share tables, which are freed with the last
 * of them.
 *
 * Such memory corresponds to memremap_pages() of Linux: it has struct pages (PAGE_DEVICE), but no
 * memory block, no state and no zone, and never reaches the page allocator; the caller that added
 * it uses it.  The region registry does not change: withheld memory stays withheld.
 *
 * No leaf of the linear map crosses a sub-section and no leaf of the memmap crosses the memmap of
 * one, so a removal never splits (B-01, B-04).  The memmap of one is far smaller than a large leaf:
 * it is mapped by pages, beside that of its neighbours, which are live (S2-31).
 *
 * memmap=host as for blocks; block: at the front of each sub-section; device: at the front of the
 * range.
 *
 * A block is whole (mm/hotplug/hotplug.h) or holds sub-sections, never both; boot memory counts as
 * whole even where it fills a block only partly (B-07).
 *
 * A removal accepts any sub-sections that are present, of several adds or a part of one; but a
 * range that was added by memmap=device is removed as a whole, because its front holds the memmap
 * of the rest.
 *
 * Operations hold the hotplug lock for write, are all or none, and are refused with the codes of
 * mm/hotplug/hotplug.h:
 *   -EINVAL  not made of whole sub-sections; empty; wraps
 *   -EEXIST  overlaps sub-sections, a block or reserved memory
 *   -ENXIO   add: no memory there; remove: a sub-section of the range is not there
 *   -EPERM   remove: boot memory
 *   -EBUSY   remove: a part of a range that was added by memmap=device
 *   -ERANGE, -ENOMEM, a veto: as for blocks
 */
#pragma once
#include <mm/hotplug/hotplug.h>

#define SUBSECTION_RANGES_MAX 512 /* that do not continue each other */

/* Adjacent sub-sections that were added with the same options; sorted, disjoint, joined where they
 * touch, so the registry does not show the number of adds.  memmap=device: one add each. */
struct subsection_range {
	pfn_t pfn;
	u64 nr; /* pages */
	const struct memmap_scheme *memmap;
	u64 node;
	u64 leaves; /* hotplug_opts.leaves, 0 or 1 */
};

static inline u64 subsection_pages(void)
{
	return layout.subsection_bytes >> page_shift();
}

/* Options and report as for blocks (mm/hotplug/hotplug.h); a report is written on success. */
int subsection_add(paddr_t, u64 len, unsigned node, const struct hotplug_opts *,
		   struct hotplug_report *, struct why *);
int subsection_remove(paddr_t, u64 len, const struct hotplug_opts *, struct hotplug_report *,
		      struct why *);

/* ---- reading: the hotplug lock is held, or no CPU changes memory; valid while that holds ---- */

/* The first range that holds a page of [pfn, pfn + nr), or NULL. */
const struct subsection_range *subsection_find(pfn_t, u64 nr);
const struct subsection_range *subsection_nth(unsigned n); /* in address order; NULL past the end */
u64 subsection_digest(u64 hash); /* of the ranges and the counts in their memmap */
