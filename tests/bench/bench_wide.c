/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/bench_wide.c - hot-add by several CPUs: instructions for a GiB of the CPU with the
 * largest share, with 1, 2, 4 and 8 of the online CPUs.
 *
 * Under -icount all CPUs share one counter, so the shares run one after the other, and the meter
 * subtracts the instructions of all but the longest share (kern/crew.h).
 */
#include <kern/crew.h>
#include <lib/printf.h>
#include <tests/bench/bench_cycle.h>

static int add_once(paddr_t pa, unsigned node, int leaf, u64 *cost, struct why *why)
{
	struct hotplug_opts o = { .memmap = memmap_scheme_find("device", why), .leaf = leaf };
	u64 start = cost_now();
	int err, last;

	crew_meter_begin();
	err = hotplug_add(pa, GiB, node, &o, NULL, why);
	if (err) {
		crew_meter_end();
		return err;
	}
	err = hotplug_online(pa, GiB, ZONE_MOVABLE, NULL, why);
	*cost = cost_now() - start - (u64)crew_meter_end();
	if (!err)
		err = hotplug_offline(pa, GiB, NULL, why);
	last = hotplug_remove(pa, GiB, &o, NULL, err ? NULL : why); /* reset it for the next rows */
	return err ? err : last;
}

static void wide_rows(const char *name, paddr_t pa, unsigned node, int leaf)
{
	u32 before = crew_most;
	char row[48];
	struct why why = { 0 };
	u64 cost[2];
	int err = 0;

	for (u32 n = 1; n <= 8 && n <= cpus_online_nr() && !err; n *= 2) {
		crew_most = n;
		for (unsigned round = 0; round < 2 && !err; round++) /* the first warms up */
			err = add_once(pa, node, leaf, &cost[round], &why);
		snprintf(row, sizeof(row), "%s_%u", name, n);
		if (err)
			kprintf("# bench %s failed: %s\n", row, why.text);
		else
			bench_line(row, cost[1], cost_unit());
	}
	crew_most = before;
}

static void wide(const struct bench *b)
{
	unsigned node;
	paddr_t pa;

	if (!cycle_range(GiB, &pa, &node)) {
		kprintf("# bench %s left out: no GiB withheld and aligned\n", b->name);
		return;
	}
	wide_rows("wide.add_online_1g", pa, node, -1);
	wide_rows("wide.add_online_1g_4k", pa, node, 0);
}

static const struct bench wide_add = {
	.name = "wide.add_online_1g",
	.what = "add and online 1 GiB by several CPUs: the longest CPU",
	.run = wide,
};
BENCH(wide_add, wide_add);
