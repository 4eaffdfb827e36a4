// SPDX-License-Identifier: BSD-2-Clause
/*
 * shell/needs.c - the one place that decides whether this machine is enough for a test, and the
 * measurement behind `could=`: does this machine keep a stale leaf at all?
 */
#include <arch/arch.h>
#include <lib/printf.h>
#include <mm/kpt.h>
#include <mm/region.h>
#include <mm/vmalloc.h>
#include <shell/run.h>
#include <shell/shell.h>
#include <shell/target.h>

/* The largest piece of `unit` multiples in any withheld, absent range. */
static u64 aligned_bytes(u64 unit)
{
	struct source_pos pos = { 0 };
	u64 start, len, best = 0;
	unsigned node;

	while (next_addable(&pos, &start, &len, &node)) {
		u64 lo = align_up(start, unit), hi = align_down(start + len, unit);

		if (hi > lo)
			best = max_u64(best, hi - lo);
	}
	return best;
}

/* The largest withheld range as it is, for the reason. */
static u64 largest_source(u64 *pa)
{
	struct source_pos pos = { 0 };
	u64 start, len, best = 0;
	unsigned node;

	while (next_source_range(&pos, &start, &len, &node))
		if (len > best) {
			best = len;
			*pa = start;
		}
	return best;
}

static bool lacks_range(u64 unit, const char *what, char *buf, size_t size)
{
	u64 largest, pa = 0;
	char have[24];

	if (aligned_bytes(unit))
		return false;
	largest = largest_source(&pa);
	if (!largest)
		snprintf(buf, size, "needs %s withheld; nothing is withheld here", what);
	else
		snprintf(buf, size, "needs %s withheld, aligned; this machine has %s at 0x%lx",
			 what, size_text(largest, have), pa);
	return true;
}

static bool lacks_nodes(char *buf, size_t size)
{
	static const enum region_kind arrays[] = { MEM_RAM, MEM_WITHHELD };
	u64 seen = 0;

	for (unsigned a = 0; a < ARRAY_SIZE(arrays); a++)
		for (unsigned n = 0; region_nth(arrays[a], n); n++)
			seen |= BIT(region_nth(arrays[a], n)->node & 63);
	if (seen & (seen - 1))
		return false;
	snprintf(buf, size, "needs two NUMA nodes with memory; this machine has one");
	return true;
}

const char *needs_missing(u32 needs, char *buf, size_t size)
{
	char block[24], what[48];

	snprintf(what, sizeof(what), "a whole block of %s", size_text(layout.block_bytes, block));
	if ((needs & NEED_RANGE) && lacks_range(layout.block_bytes, what, buf, size))
		return buf;
	if ((needs & NEED_GIB) && lacks_range(GiB, "1 GiB", buf, size))
		return buf;
	if ((needs & NEED_SMP) && cpus_online_nr() < 2) {
		snprintf(buf, size, "needs two CPUs; one is online");
		return buf;
	}
	if ((needs & NEED_TWO_NODES) && lacks_nodes(buf, size))
		return buf;
	if ((needs & NEED_BLOCK_2G) && layout.block_bytes != 2 * GiB) {
		snprintf(buf, size, "needs block=2G; booted with blocks of %s", block);
		return buf;
	}
	return NULL;
}

/* ---- does this machine keep stale leaves? ---- */
static struct {
	vaddr_t va;
	unsigned hits, probes;
} stale;

static void prime(void *arg)
{
	u64 value;

	(void)arg;
	arch_probe_load64(stale.va, &value);
}

static void probe(void *arg)
{
	u64 value;

	(void)arg;
	if (arch_probe_load64(stale.va, &value) == 0)
		__atomic_add_fetch(&stale.hits, 1, __ATOMIC_RELAXED);
}

static void unmap_unnoticed(vaddr_t va)
{
	tlb_omit = true;
	vmalloc_unmap(va, 1);
	tlb_omit = false;
}

static void measure(struct page *page)
{
	const struct pt_inval all = {
		.lo = stale.va, .hi = stale.va + page_size(), .levels = 1, .global = true
	};
	paddr_t pa = page_pa(page);

	if (vmalloc_map(stale.va, &pa, 1, PT_R | PT_W | PT_GLOBAL))
		return;
	cpu_run(cpus_online(), prime, NULL);
	unmap_unnoticed(stale.va);
	cpu_run(cpus_online(), probe, NULL);
	tlb_invalidate(&kpt, &all);
	stale.probes = cpus_online_nr();
}

unsigned stale_hits(unsigned *probes)
{
	struct page *page;

	if (!stale.probes) {
		page = page_alloc_any(0, ZONE_NORMAL, 0, "stale probe");
		stale.va = page ? vmalloc_va_alloc(1) : 0;
		if (stale.va) {
			measure(page);
			vmalloc_va_free(stale.va, 1);
		}
		if (page)
			page_free(page, 0);
	}
	*probes = stale.probes;
	return stale.hits;
}

const char *could_text(const struct test *t)
{
	static const char *const names[] = {
		[COULD_YES] = "yes", [COULD_NO] = "no", [COULD_TRACE] = "trace"
	};
	unsigned probes;

	if ((t->needs & NEED_LEAF_TLB) && !stale_hits(&probes) && t->could == COULD_YES)
		return "no";
	return names[t->could];
}
