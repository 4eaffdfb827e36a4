/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/crash/walk_unlocked.c - a walk of the kernel's tree without the hotplug lock ends the
 * run. */
#include <tests/harness/util.h>

static int walk_unlocked_look(const struct pt_slot *slot, void *arg)
{
	(void)slot;
	(void)arg;
	return 0;
}

TEST(crash, walk_unlocked,
     .claim = "a walk of the kernel's tree without the hotplug lock ends in a report",
     .rows = "S0-13 S1-18")
{
	(void)t;
	hotplug_read_lock();
	hotplug_walk(layout.r[REGION_LINEAR].va, page_size(), PT_ON_LEAF, walk_unlocked_look, NULL);
	hotplug_read_unlock(); /* from here on a table may be freed at any time */
	hotplug_walk(layout.r[REGION_LINEAR].va, page_size(), PT_ON_LEAF, walk_unlocked_look, NULL);
}
