/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/subsection_internal.h - changing the registry of sub-sections: for
 * mm/hotplug/subsection_change.c only, the hotplug lock held for write.
 */
#pragma once
#include <mm/hotplug/subsection.h>

/* -ENOMEM unless one more range fits: an add takes one at most, a removal from the middle as well.
 * The steps that follow cannot fail. */
int subsection_room(struct why *);
void subsection_insert(struct subsection_range); /* asserts that no part of it is present */
void subsection_cut(pfn_t, u64 nr);              /* the caller has checked that all is present */

/* A range added by memmap=device is one unit: its front holds the memmap of all of it. */
static inline bool subsection_is_one(const struct subsection_range *r)
{
	return r->memmap->where == MEMMAP_IN_FIRST_BLOCKS;
}
