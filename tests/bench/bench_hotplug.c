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
#include <mm/memmap/memmap_late.h>
#include <mm/page/buddy_late.h>
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

/* ---- late struct pages (mm/page/buddy_late.h), which all other rows write in the add ---- */

struct first_cost { /* until a page of the GiB is allocated, and until all struct pages are written
		     */
	u64 page[CYCLE_ROUNDS], all[CYCLE_ROUNDS];
};

static int first_once(paddr_t pa, unsigned node, const struct hotplug_opts *o, u64 *first, u64 *all,
		      struct why *why)
{
	u64 start = cost_now();
	struct page *p;
	int err = hotplug_add(pa, GiB, node, o, NULL, why);

	if (!err)
		err = hotplug_online(pa, GiB, ZONE_MOVABLE, NULL, why);
	if (err)
		return err;
	p = page_alloc(node, ZONE_MOVABLE, 0, "bench");
	*first = cost_now() - start;
	if (!p)
		return refuse(why, ENOMEM, "no page of the GiB is free");
	memmap_late_finish();
	*all = cost_now() - start;
	page_free(p, 0);
	err = hotplug_offline(pa, GiB, NULL, why);
	return err ? err : hotplug_remove(pa, GiB, o, NULL, why);
}

static bool first_measure(const char *name, const struct hotplug_opts *o, struct first_cost *c)
{
	struct why why = { 0 };
	unsigned node;
	paddr_t pa;
	int err = 0;

	if (!cycle_range(GiB, &pa, &node)) {
		kprintf("# bench %s left out: no GiB withheld and aligned to 1 GiB\n", name);
		return false;
	}
	late_adds = true;
	for (int round = -1; round < CYCLE_ROUNDS && !err; round++) { /* the first warms up */
		int at = round < 0 ? 0 : round;

		err = first_once(pa, node, o, &c->page[at], &c->all[at], &why);
	}
	late_adds = false;
	if (err)
		kprintf("# bench %s failed: %s\n", name, why.text);
	return !err;
}

static void first_page(const struct bench *b)
{
	bool device = strstr(b->name, "_device");
	struct hotplug_opts o = { .memmap = memmap_scheme_find(device ? "device" : "host", NULL),
				  .leaf = strstr(b->name, "_4k") ? 0 : -1 };
	struct first_cost c;
	char name[48];

	if (!first_measure(b->name, &o, &c))
		return;
	bench_line(b->name, cycle_median(c.page), cost_unit());
	snprintf(name, sizeof(name), "%s_all", b->name);
	bench_line(name, cycle_median(c.all), cost_unit());
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
BENCH_OF(first_page_1g, first_page, "hotplug.first_page_1g",
	 "add and online 1 GiB, large leaves, until its first page is allocated");
BENCH_OF(first_page_1g_4k, first_page, "hotplug.first_page_1g_4k",
	 "add and online 1 GiB, page leaves, until its first page is allocated");
BENCH_OF(first_page_1g_device, first_page, "hotplug.first_page_1g_device",
	 "the same, large leaves, struct pages in the GiB itself");
BENCH_OF(remove_tlbi_1g, remove_tlbi, "hotplug.remove_tlbi_1g",
	 "TLB invalidations to remove 1 GiB");
BENCH_OF(overhead_1g, overhead, "hotplug.overhead_1g",
	 "bytes of old memory that 1 GiB takes before it is online");
BENCH_OF(cache_leave_1g, cache_leave, "hotplug.cache_leave_1g",
	 "clean and invalidate 1 GiB to the point of coherency");
BENCH_OF(growth_gib, growth, "hotplug.growth", "add and online of 1 to 16 GiB, per GiB");
