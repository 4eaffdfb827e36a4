/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/subsection_internal.h - changing the registry of sub-sections: mm/subsection_change.c only,
 * the hotplug lock held for write.
 */
#pragma once
#include <mm/subsection.h>

/* -ENOMEM unless one more range fits: an add takes one at most, a removal from the middle as well.
 * What follows cannot fail. */
int subsection_room(struct why *);
void subsection_insert(struct subsection_range);
void subsection_cut(pfn_t, u64 nr); /* all of it is there */

/* What came by memmap=device is one: its front holds the memmap of all. */
static inline bool subsection_is_one(const struct subsection_range *r)
{
	return r->memmap->where == MEMMAP_IN_FIRST_BLOCKS;
}
