/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/bench_vmalloc.c - the cost of one page of vmalloc, and of each scheme of vmalloc= on
 * several CPUs (tests/bench/vmalloc_meter.h).
 */
#include <kern/trap.h>
#include <lib/printf.h>
#include <mm/page/buddy.h>
#include <mm/page/region.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/bench/vmalloc_meter.h>
#include <tests/harness/bench.h>

#define ROUNDS 256
#define BUDGET 20000000ul /* of cost, a figure of a scheme */
#define BLOCKS 8

static bool map_unmap(vaddr_t va, paddr_t pa)
{
	if (vmalloc_map(va, &pa, 1, PT_R | PT_W | PT_GLOBAL))
		return false;
	vmalloc_unmap(va, 1);
	return true;
}

/* Map and unmap a page at one address whose tables exist. */
static void bench_map_unmap(const struct bench *b)
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "bench");
	vaddr_t va = vmalloc_va_alloc(1);
	bool ok = p && va && map_unmap(va, page_pa(p));
	u64 start = cost_now();

	for (unsigned i = 0; ok && i < ROUNDS; i++)
		ok = map_unmap(va, page_pa(p));
	if (ok)
		bench_line(b->name, (cost_now() - start) / ROUNDS, cost_unit());
	else
		kprintf("# bench %s failed: no memory\n", b->name);
	if (va)
		vmalloc_va_free(va, 1);
	if (p)
		page_free(p, 0);
}

static const struct bench of_a_page = {
	.name = "vmalloc.map_unmap",
	.what = "one page mapped, unmapped and invalidated",
	.run = bench_map_unmap,
};
BENCH(vmalloc_map_unmap, of_a_page);

/* vmalloc() and vfree() of a page, with at most `lazy` pages deferred. */
static u64 alloc_free(u64 lazy)
{
	u64 before = vmalloc_lazy_max, start;

	vmalloc_lazy_max = lazy;
	start = cost_now();
	for (unsigned i = 0; i < ROUNDS; i++) {
		void *p = vmalloc(1, 0, "bench");

		if (p)
			vfree(p, 1);
	}
	vmalloc_purge();
	start = cost_now() - start;
	vmalloc_lazy_max = before;
	return start / ROUNDS;
}

static void bench_lazy(const struct bench *b)
{
	static const u16 max[] = { 0, 1, 7, 31, 127, 255 };
	char name[48];

	for (unsigned i = 0; i < ARRAY_SIZE(max); i++) {
		snprintf(name, sizeof(name), "%s_%u", b->name, max[i]);
		bench_line(name, alloc_free(max[i]), cost_unit());
	}
}

static const struct bench put_off = {
	.name = "vmalloc.lazy",
	.what = "vmalloc() and vfree() of a page, by the maximum of deferred pages",
	.run = bench_lazy,
};
BENCH(vmalloc_lazy, put_off);

/* ---- schemes ---- */

static bool place_of(struct vmalloc_place *at)
{
	const struct mem_range *r;

	for (unsigned n = 0; (r = region_nth(MEM_WITHHELD, n)); n++) {
		paddr_t first = align_up(r->pa, layout.block_bytes);

		if (first + layout.block_bytes > r->pa + r->len)
			continue;
		at->pa = first;
		at->blocks = min_u64(BLOCKS, (r->pa + r->len - first) / layout.block_bytes);
		at->node = r->node;
		return true;
	}
	return false;
}

/* `# bench vmalloc.floor_ceiling.KEY VALUE UNIT`; names of benchmarks have no '-'. */
static void scheme_line(const struct vmalloc_scheme *s, const char *key, unsigned cpus, u64 value,
			const char *unit)
{
	char name[64];

	snprintf(name, sizeof(name), "vmalloc.%s.%s_%u", s->s.name, key, cpus);
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	bench_line(name, value, unit);
}

static void rate_lines(const struct vmalloc_scheme *s, unsigned cpus,
		       const struct vmalloc_place *place)
{
	struct vmalloc_meter m;
	struct why why = { 0 };

	if (vmalloc_meter_run(s, cpus, place, BUDGET, &m, &why)) {
		kprintf("# bench vmalloc.schemes %s failed: %s\n", s->s.name, why.text);
		return;
	}
	scheme_line(s, place ? "removal" : "idle", cpus, m.areas * 1000000 / m.cost,
		    "areas-per-million");
	if (s->enter)
		scheme_line(s, place ? "held_removal" : "held_idle", cpus, m.held, cost_unit());
	if (m.held_by_removal)
		scheme_line(s, "held_by_removal", cpus, m.held_by_removal, cost_unit());
}

static void scheme_lines(const struct vmalloc_scheme *s, const struct vmalloc_place *place)
{
	struct why why = { 0 };
	u64 left;

	for (unsigned cpus = 1; cpus <= 8 && cpus <= cpus_online_nr(); cpus *= 2) {
		rate_lines(s, cpus, NULL);
		if (place && cpus > 1)
			rate_lines(s, cpus, place);
	}
	if (place && !vmalloc_meter_tables(s, place, &left, &why))
		scheme_line(s, "tables_left", (unsigned)place->blocks, left, "pages");
}

/* Schemes that are unsafe are left out: they could crash the machine. */
static void bench_schemes(const struct bench *b)
{
	struct vmalloc_place at;
	bool there = place_of(&at);
	char reason[80];

	if (!there)
		kprintf("# bench %s without removals: no block is withheld\n", b->name);
	reg_for_each (vmalloc, it) {
		const struct vmalloc_scheme *s = *it;

		if (s->s.unsafe)
			continue;
		if (!vmalloc_scheme_usable(s, reason, sizeof(reason)))
			kprintf("# bench %s left out %s: %s\n", b->name, s->s.name, reason);
		else
			scheme_lines(s, there ? &at : NULL);
	}
}

static const struct bench of_schemes = {
	.name = "vmalloc.schemes",
	.what = "areas per million on 1 to 8 CPUs, lock holds and tables left, by scheme of "
		"vmalloc=",
	.run = bench_schemes,
};
BENCH(vmalloc_schemes, of_schemes);
