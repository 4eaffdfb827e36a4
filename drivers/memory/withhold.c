/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/memory/withhold.c - moves RAM to the list of withheld memory; see withhold.h.
 *
 * The range is removed from the registry's RAM before the page allocator exists, so boot never uses
 * a page of it.  Memory that firmware or boot has reserved cannot be withheld.
 */
#include <drivers/memory/withhold.h>
#include <lib/printf.h>
#include <mm/page/region.h>

/* The node is read before the range is removed, because the registry has nodes only of RAM. */
int withhold_exactly(paddr_t pa, u64 len, struct why *why)
{
	const struct mem_range *r = region_find(MEM_RESERVED, pa, len);
	unsigned node;
	int err;

	if (r)
		return refuse(why, EBUSY, "withhold: %s holds the %s at 0x%lx",
			      range_text(pa, len).text, mem_kind_name(r->kind), r->pa);
	if (!region_is_ram(pa, len))
		return refuse(why, ENXIO, "withhold: %s is not all RAM", range_text(pa, len).text);
	node = region_node_of(pa);
	err = region_remove(pa, len, MEM_RAM, why);
	return err ? err : region_add(pa, len, MEM_WITHHELD, node, why);
}

/* Report memory that is withheld. */
static void report_withheld(const struct withholder *w, u64 pa, u64 len)
{
	char line[160];

	if (!w->log_withheld)
		return;
	snprintf(line, sizeof(line), "%s node %u: %s", w->prefix, region_node_of(pa),
		 range_text(pa, len).text);
	w->log(line);
}

/* Report memory that stays in use because of a reservation. */
static void report_in_use(const struct withholder *w, const struct mem_range *r, u64 lo, u64 hi)
{
	char line[160];

	snprintf(line, sizeof(line), "%s %s stays in use: the %s is at 0x%lx", w->prefix,
		 range_text(lo, hi - lo).text, mem_kind_name(r->kind), r->pa);
	w->log(line);
}

/* Withhold [pa, end), a part of one range of RAM, except around reservations. */
static int withhold_parts(const struct withholder *w, u64 pa, u64 end, struct why *why)
{
	int err;

	while (pa < end) {
		const struct mem_range *r = region_find(MEM_RESERVED, pa, end - pa);
		u64 lo = r ? max_u64(pa, align_down(r->pa, WITHHOLD_SPARED)) : end;
		u64 hi = r ? min_u64(end, align_up(r->pa + r->len, WITHHOLD_SPARED)) : end;

		if (r)
			report_in_use(w, r, lo, hi);
		if (lo > pa) {
			report_withheld(w, pa, lo - pa);
			err = withhold_exactly(pa, lo - pa, why);
			if (err)
				return err;
		}
		pa = hi;
	}
	return 0;
}

/* One range of RAM at a time: [pa, pa + len) may have holes; region_find() returns the first range
 * that overlaps the rest. */
int withhold_around(const struct withholder *w, paddr_t pa, u64 len, struct why *why)
{
	const struct mem_range *r;
	u64 end = pa + len;
	int err = 0;

	while (!err && pa < end && (r = region_find(MEM_RAM, pa, end - pa))) {
		u64 lo = max_u64(pa, r->pa);

		pa = min_u64(end, r->pa + r->len);
		err = withhold_parts(w, lo, pa, why);
	}
	return err;
}
