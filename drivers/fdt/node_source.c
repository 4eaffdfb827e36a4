/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/node_source.c - memory of the device tree that was withheld at boot: nodes marked
 * hotpluggable, and the ranges of withhold=.  No device announces it; the operator may add it.
 */
#include <lib/printf.h>
#include <mm/hotplug/event.h>
#include <mm/page/region.h>

static unsigned ranges(void)
{
	unsigned n = 0;

	while (region_nth(MEM_WITHHELD, n))
		n++;
	return n;
}

static void describe(char *buf, size_t size)
{
	unsigned n = ranges();

	if (n)
		snprintf(buf, size, "%u range%s", n, n == 1 ? "" : "s");
	else
		snprintf(buf, size, "none (try withhold=ADDR+SIZE or withhold=node1)");
}

/* Slot `range`: each withheld range of the registry may be added. */
static bool range(unsigned n, paddr_t *pa, u64 *len, unsigned *node)
{
	const struct mem_range *r = region_nth(MEM_WITHHELD, n);

	if (!r)
		return false;
	*pa = r->pa;
	*len = r->len;
	*node = r->node;
	return true;
}

static const struct event_source device_tree = {
	.name = "device-tree",
	.label = "device tree",
	.describe = describe,
	.range = range,
};
EVENT_SOURCE(device_tree, device_tree);
