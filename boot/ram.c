/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/ram.c - does the RAM that firmware reports exist?
 *
 * The first and the last page of each free range are written, past the caches if the CPU can, and
 * read back.  If one of them does not hold its value, bisection finds the part of the range that
 * does.  That detects a wrong start or size, but not a hole inside a range.  Reserved pages are
 * neither mapped nor accessed.  The check adds no risk: boot allocates from the top of RAM anyway.
 * Pages that cannot be probed are counted and reported; firmware's map is trusted for them.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <drivers/cache/ccache.h>
#include <kern/emulator.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <mm/page/region.h>

#define FRAME 4096ul
#define PROBES_MAX 192   /* each takes a page of the early map's window */
#define EARLY_PA_BITS 48 /* of addresses in the early map */

static unsigned probes, unprobed;

static INIT_CODE void log_left_out(void (*log)(const char *), u64 pa, u64 len, const char *why)
{
	char line[160];

	snprintf(line, sizeof(line), "memory: %s left out: %s", range_text(pa, len).text, why);
	log(line);
}

/* Write, read back, restore: RAM keeps its contents. */
static INIT_CODE bool ram_holds_value(vaddr_t va)
{
	u64 was, now = 0;

	if (arch_probe_load64(va, &was) || arch_probe_store64(va, ~was))
		return false;
	/* a cache would return the value for absent memory */
	arch_dcache_clean_inval(va, sizeof(was));
	if (arch_probe_load64(va, &now) || now != ~was)
		return false;
	return !arch_probe_store64(va, was);
}

/* Is there RAM at `pa`?  `otherwise`: the result if the page cannot be probed. */
static INIT_CODE bool ram_is_present(paddr_t pa, bool otherwise)
{
	void *page = probes < PROBES_MAX && !(pa >> EARLY_PA_BITS) ? early_map_rw(pa, 8) : NULL;

	probes++;
	unprobed += !page;
	return page ? ram_holds_value(ptr_va(page)) : otherwise;
}

struct span {
	paddr_t pa;
	u64 len;
};

/* Bisect between page `yes`, which is RAM, and page `no`, which is not.  Returns the last page that
 * is RAM.  A page that cannot be probed counts as absent. */
static INIT_CODE u64 last_present_page(paddr_t pa, u64 yes, u64 no)
{
	while (yes + 1 != no && no + 1 != yes) {
		u64 mid = yes + (no - yes) / 2;

		if (no < yes)
			mid = no + (yes - no) / 2;
		if (ram_is_present(pa + mid * FRAME, false))
			yes = mid;
		else
			no = mid;
	}
	return yes;
}

/* The part of the range that is absent: none, its end, its start, or all. */
static INIT_CODE struct span absent_part(paddr_t pa, u64 len)
{
	u64 end = len / FRAME - 1;
	bool first = ram_is_present(pa, true),
	     last = end ? ram_is_present(pa + end * FRAME, first) : first;
	u64 border;

	if (first == last)
		return (struct span) { pa, first ? 0 : len };
	border = first ? last_present_page(pa, 0, end) : last_present_page(pa, end, 0);
	if (!first)
		return (struct span) { pa, border * FRAME };
	return (struct span) { pa + (border + 1) * FRAME, len - (border + 1) * FRAME };
}

struct ram_search {
	paddr_t from;
	struct span found; /* len 0: nothing yet */
};

static INIT_CODE void ram_probe_range(paddr_t pa, u64 len, unsigned node, void *arg)
{
	struct ram_search *s = arg;

	(void)node;
	if (s->found.len || pa < s->from)
		return;
	s->from = pa + len;
	s->found = absent_part(pa, len);
}

/* Memory above the physical address size of this CPU; withheld memory too. */
static INIT_CODE void remove_beyond_pa(void (*log)(const char *), enum region_kind kind)
{
	u64 limit = BIT(arch_pa_bits());
	const struct mem_range *r;
	char why[80];

	snprintf(why, sizeof(why), "beyond the %u bits of this CPU's physical addresses",
		 arch_pa_bits());
	while ((r = region_find(kind, limit, PA_NONE - limit))) {
		u64 lo = max_u64(r->pa, limit), len = r->pa + r->len - lo;

		if (region_remove(lo, len, r->kind, NULL))
			return;
		log_left_out(log, lo, len, why);
	}
}

/* Log the limits of the check: pages that were not probed, and caches that cannot be bypassed. */
static INIT_CODE void log_limits(void (*log)(const char *))
{
	char line[120];

	if (!arch_dcache_can_clean() && !emulated_cpu())
		log("memory: this CPU cannot bypass its caches: absent RAM may be taken for RAM");
	if (!unprobed)
		return;
	snprintf(line, sizeof(line), "memory: %u pages could not be probed: firmware's map is used",
		 unprobed);
	log(line);
}

INIT_CODE void ram_check(const void *fdt, void (*log)(const char *))
{
	struct ram_search s = { .from = 0 };

	ccache_init(fdt, early_map_device, early_pa_of); /* to bypass the cache */
	probes = unprobed = 0;
	remove_beyond_pa(log, MEM_RAM);
	remove_beyond_pa(log, MEM_WITHHELD);
	do {
		s.found.len = 0;
		region_each_free(FRAME, ram_probe_range, &s);
		if (s.found.len) {
			region_give_up(s.found.pa, s.found.len);
			log_left_out(log, s.found.pa, s.found.len,
				     "it does not hold written values");
		}
	} while (s.found.len);
	log_limits(log);
}
