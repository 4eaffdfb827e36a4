/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/bench_range.c - runs far longer than this machine's memory: the cost grows with their
 * length, not faster.
 *
 * range.device: a device range whose struct pages are compounds of 1 GiB with storage in old
 * memory, so no byte of the range is written; added and removed.
 *
 * range.1g, range.2m, range.4k: a linear map of leaves of that size at most, of level 2, 1 and 0,
 * mapped and removed in a tree that only the engine knows: its tables exist, the memory that it
 * maps need not.  Page leaves beyond RANGE_TABLES GiB need more tables than there is memory. There
 * the figure is a model: the tables that a plan counts, at the cost of a table of the longest run.
 */
#include <lib/printf.h>
#include <mm/hotplug/devmem.h>
#include <mm/kernel/kpt.h>
#include <tests/bench/bench_cycle.h>

#define RANGE_TABLES 64 /* GiB with page leaves: 128 MiB of tables of 4 KiB */

static void range_line(const struct bench *b, u64 gib, u64 cost)
{
	char row[48];

	snprintf(row, sizeof(row), "%s_%lu", b->name, gib);
	bench_line(row, cost, cost_unit());
}

static void failed(const struct bench *b, u64 gib, const struct why *why)
{
	kprintf("# bench %s failed at %lu GiB: %s\n", b->name, gib, why->text);
}

/* ---- device ranges ---- */

static int device_once(u64 len, u64 *cost, struct why *why)
{
	struct devmem_opts o = { .memmap = memmap_scheme_find("host", why), .compound = GiB };
	u64 start = cost_now();
	unsigned node;
	paddr_t pa;
	int err;

	if (!cycle_range(len, &pa, &node))
		return refuse(why, ENXIO, "so much memory is not withheld");
	err = devmem_add(pa, len, node, &o, NULL, why);
	err = err ? err : devmem_remove(pa, len, NULL, why);
	*cost = cost_now() - start;
	return err;
}

static void device_rows(const struct bench *b)
{
	struct why why = { 0 };
	u64 cost = 0;

	for (u64 gib = 1; gib <= 512; gib *= 8) {
		/* the first warms up */
		if (device_once(gib * GiB, &cost, &why) || device_once(gib * GiB, &cost, &why)) {
			failed(b, gib, &why);
			return;
		}
		range_line(b, gib, cost);
	}
}

/* ---- a linear map ---- */

static int linear_once(struct pt *pt, u64 len, unsigned level, u64 *cost, struct why *why)
{
	struct remove_job job = { .pt = pt };
	u64 start = cost_now();
	struct pt_gather g;
	struct pt_plan plan;
	int err = pt_plan(pt, &plan, PT_OP_MAP, 0, len, level, 0, why);

	if (err)
		return err;
	pt_map(&plan, 0, PT_R | PT_W);
	pt_plan_end(&plan);
	pt_plan_sure(pt, &plan, PT_OP_UNMAP, 0, len);
	pt_gather_begin(&g, pt, NULL, 0);
	job.plan = &plan;
	job.gather = &g;
	remove_scheme_find(arg_text(NULL, ARG_REMOVE), why)->run(&job);
	pt_gather_release(&g);
	pt_plan_end(&plan);
	*cost = cost_now() - start;
	return pt->nr_tables ? refuse(why, EIO, "%u tables are left", pt->nr_tables) : 0;
}

static u64 tables_of(struct pt *pt, u64 len, unsigned level)
{
	u32 by_level[PT_LEVELS_MAX];
	u64 sum = 0;

	if (pt_count_tables(pt, 0, len, level, by_level, NULL))
		return 0;
	for (unsigned l = 0; l < PT_LEVELS_MAX; l++)
		sum += by_level[l];
	return sum;
}

static void linear_rows(const struct bench *b, struct pt *pt, unsigned level)
{
	struct why why = { 0 };
	u64 cost = 0, measured = 0;

	for (u64 gib = 1; gib <= 16 * 1024; gib *= gib == 4096 ? 4 : 8) {
		if (!level && gib > RANGE_TABLES) {
			u64 tables = tables_of(pt, gib * GiB, 0);

			range_line(b, gib,
				   measured * tables / tables_of(pt, RANGE_TABLES * GiB, 0));
			continue;
		}
		if (linear_once(pt, gib * GiB, level, &cost, &why) ||
		    linear_once(pt, gib * GiB, level, &cost, &why)) {
			failed(b, gib, &why);
			return;
		}
		range_line(b, gib, measured = cost);
	}
}

static void linear(const struct bench *b, unsigned level)
{
	paddr_t root = table_alloc(0);
	static struct pt pt;

	if (page_shift() != 12 || root == PA_NONE) {
		kprintf("# bench %s left out: pages are not of 4 KiB, or there is no memory\n",
			b->name);
		return;
	}
	pt_init(&pt, "range", layout.fmt, &kpt_env, root);
	pt.caps = kpt.caps;
	pt.state = PT_LIVE; /* every duty, on this CPU; no CPU walks it */
	pt.walked = cpu_bit(this_cpu()->nr);
	linear_rows(b, &pt, level);
	table_free(root);
}

static void linear_1g(const struct bench *b)
{
	linear(b, 2);
}

static void linear_2m(const struct bench *b)
{
	linear(b, 1);
}

static void linear_4k(const struct bench *b)
{
	linear(b, 0);
}

#define BENCH_OF(id, fn, n, w)                                                                     \
	static const struct bench id = { .name = (n), .what = (w), .run = (fn) };                  \
	BENCH(id, id)

BENCH_OF(range_device, device_rows, "range.device",
	 "device ranges of 1 to 512 GiB, added and removed");
BENCH_OF(range_1g, linear_1g, "range.1g", "a linear map of 1 GiB to 16 TiB, leaves of 1 GiB");
BENCH_OF(range_2m, linear_2m, "range.2m", "the same, leaves of 2 MiB");
BENCH_OF(range_4k, linear_4k, "range.4k", "the same, page leaves; beyond 64 GiB a model");
