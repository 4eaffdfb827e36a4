/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The walk-through of menu key 1 as a test: at= and memmap= have the same meaning, so that a script
 * can repeat a cycle of the menu.
 */
#include <kern/probe.h>
#include <mm/hotplug/movable.h>
#include <tests/harness/util.h>

#define PAGES 64

static struct movable pages[PAGES] NOINIT;

/* Get the blocks that at= names, else 1 GiB of blocks, else all that exist. */
static bool get(struct test_run *t, struct range *r)
{
	u64 start, len, blocks = max_u64(GiB / layout.block_bytes, 1);

	if (parse_range(arg_text(NULL, ARG_AT), &start, &len, NULL) == 0)
		blocks = max_u64(len / layout.block_bytes, 1);
	for (; !range_get(t, r, blocks, arg_text(NULL, ARG_MEMMAP)); blocks /= 2) {
		if (blocks == 1)
			return false;
		t->skip = NULL;
	}
	return true;
}

static u64 fill(const struct range *r)
{
	pfn_t lo = r->pa >> page_shift(), hi = (r->pa + r->len) >> page_shift();
	u64 nr = 0;

	while (nr < PAGES && movable_alloc_in(&pages[nr], lo, hi, "cycle", NULL) == 0) {
		*(volatile u64 *)va_ptr(pages[nr].va) = ~nr;
		nr++;
	}
	return nr;
}

/* Use probes: without invalidations (tlb.twin) a CPU may have TLB entries of a page's old and new
 * frame at once, which can cause a TLB conflict abort (Arm ARM D8.17.1). */
static u64 empty(u64 nr)
{
	u64 lost = 0, value;

	while (nr--) {
		lost += probe_load64(pages[nr].va, &value) || value != ~nr;
		movable_free(&pages[nr]);
	}
	return lost;
}

static void probe_removal(struct test_run *t, struct range *r)
{
	static struct probes p NOINIT;

	p.nr = 0;
	probes_spread(&p, linear_va(r->pa), r->len, 6);
	PROBES_ALL_PRIMED(t, &p);
	if (!range_remove(t, r))
		return;
	PROBES_ALL_FAULT(t, &p);
	test_key(t, "probes=%u", p.nr * cpus_online_nr());
}

TEST(hotplug, cycle,
     .claim = "the walk-through: add, online, use, offline, remove; primed probes fault, digest "
	      "equal",
     .rows = "S0-01", .identity = true, .needs = NEED_RANGE | NEED_LEAF_TLB)
{
	struct range r;
	u64 nr;

	if (!get(t, &r))
		return;
	if (range_add(t, &r) && range_online(t, &r, ZONE_MOVABLE)) {
		nr = fill(&r);
		CHECK_EQ(t, nr, PAGES);
		range_offline(t, &r);
		CHECK_EQ(t, r.report.moved_pages, nr);
		CHECK_EQ(t, empty(nr), 0);
		probe_removal(t, &r);
	}
	test_key(t, "blocks=%lu", range_blocks(&r));
}
