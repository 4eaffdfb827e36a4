/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/bench_hotplug.c - the cost of a GiB, in instructions (one CPU under -icount) and in
 * counts of operations.  Each figure is the median of three rounds after one warm-up
 * (tests/bench/bench_cycle.h).
 */
#include <arch/arch.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <tests/bench/bench_cycle.h>

static void add_online(const struct bench *b)
{
	struct cycle_cost c;

	if (cycle_measure(b->name, GiB, strstr(b->name, "_4k") ? 0 : -1, &c))
		bench_line(b->name, cycle_median(c.add_online), cost_unit());
}

static void offline_remove(const struct bench *b)
{
	struct cycle_cost c;

	if (cycle_measure(b->name, GiB, strstr(b->name, "_4k") ? 0 : -1, &c))
		bench_line(b->name, cycle_median(c.offline_remove), cost_unit());
}

static void remove_tlbi(const struct bench *b)
{
	struct cycle_cost c;

	if (!cycle_measure(b->name, GiB, -1, &c))
		return;
	bench_line(b->name, c.remove.tlbi_ops, "operations");
	bench_line("hotplug.remove_waits_1g", c.remove.waits, "waits");
}

static void overhead(const struct bench *b)
{
	struct cycle_cost c;

	if (!cycle_measure(b->name, GiB, -1, &c))
		return;
	bench_line(b->name, c.old_bytes, "bytes");
	bench_line("hotplug.overhead_tables_1g", c.tables * page_size(), "bytes");
	bench_line("hotplug.overhead_block", sizeof(struct block), "bytes-per-block");
}

static void growth(const struct bench *b)
{
	char name[48];
	struct cycle_cost c;

	for (u64 gib = 1; gib <= 16; gib *= 2) {
		snprintf(name, sizeof(name), "%s_%lug", b->name, gib);
		if (!cycle_measure(name, gib * GiB, -1, &c))
			return;
		bench_line(name, cycle_median(c.add_online) / gib, cost_unit());
	}
}

/* Clean and invalidate a GiB to the point of coherency: required only if power is turned off
 * (ENGINE 6). */
static void cache_leave(const struct bench *b)
{
	struct why why = { 0 };
	struct hotplug_opts o = { .memmap = memmap_scheme_find("device", &why), .leaf = -1 };
	unsigned node;
	paddr_t pa;
	u64 start;

	if (!cycle_range(GiB, &pa, &node) || hotplug_add(pa, GiB, node, &o, NULL, &why)) {
		kprintf("# bench %s left out: no GiB could be added: %s\n", b->name, why.text);
		return;
	}
	start = cost_now();
	arch_dcache_clean_inval(linear_va(pa), GiB);
	bench_line(b->name, cost_now() - start, cost_unit());
	hotplug_remove(pa, GiB, &o, NULL, &why);
}

#define BENCH_OF(id, fn, n, w)                                                                     \
	static const struct bench id = { .name = (n), .what = (w), .run = (fn) };                  \
	BENCH(id, id)

BENCH_OF(add_online_1g, add_online, "hotplug.add_online_1g", "add and online 1 GiB, large leaves");
BENCH_OF(add_online_1g_4k, add_online, "hotplug.add_online_1g_4k",
	 "add and online 1 GiB, page leaves");
BENCH_OF(offline_remove_1g, offline_remove, "hotplug.offline_remove_1g",
	 "offline and remove 1 GiB idle, large leaves");
BENCH_OF(offline_remove_1g_4k, offline_remove, "hotplug.offline_remove_1g_4k",
	 "offline and remove 1 GiB idle, page leaves");
BENCH_OF(remove_tlbi_1g, remove_tlbi, "hotplug.remove_tlbi_1g",
	 "TLB invalidations to remove 1 GiB");
BENCH_OF(overhead_1g, overhead, "hotplug.overhead_1g",
	 "bytes of old memory that 1 GiB takes before it is online");
BENCH_OF(cache_leave_1g, cache_leave, "hotplug.cache_leave_1g",
	 "clean and invalidate 1 GiB to the point of coherency");
BENCH_OF(growth_gib, growth, "hotplug.growth", "add and online of 1 to 16 GiB, per GiB");
