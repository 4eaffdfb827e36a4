/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/tlb/removal.h - the order of a removal's effects, read from the events of the choke points.
 * QEMU cannot show a violation, as it has no walk cache, so the order is checked.
 */
#pragma once
#include <tests/harness/util.h>

/*
 * Remove one block by the remove scheme of that name (NULL: that of the boot), `leaf` as in
 * options.  `see` is called for each event in turn: entries of the linear map that are cleared,
 * barriers, invalidations, waits, tables that are freed.  They are not recorded, because a scheme
 * may cause four for each leaf.  `report` may be NULL.  False: no range, or a check failed.
 */
bool removal_watch(struct test_run *, const char *remove, int leaf,
		   void (*see)(const struct pt_event *), struct hotplug_report *report);
bool removal_is_table(const struct pt_event *); /* did the event clear an entry to a table? */
/* The scheme in force, if it makes the promise; else `other`, which does. */
const char *removal_scheme(u32 promise, const char *other);
