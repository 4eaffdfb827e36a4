/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * B-04, ENGINE 2: contiguous runs in the maps of added memory.  A run never crosses a block, nor
 * the struct pages of a block, and none is left after the removal.
 */
#include <tests/harness/util.h>

struct contig_runs {
	u64 unit;            /* bytes that no run may cross */
	u64 in_runs, others; /* bytes */
	u64 crossing, wrong;
};

static int contig_count(const struct pt_slot *slot, void *arg)
{
	struct contig_runs *c = arg;
	u64 span = pt_span(kpt.fmt, slot->level);
	unsigned shift = kpt.fmt->run_shift(slot->val, slot->level);
	u64 run = span << shift;

	if (!shift) {
		c->others += span;
		return 0;
	}
	c->in_runs += span;
	c->crossing += run > c->unit;
	c->wrong += shift != kpt.fmt->run[slot->level];
	return 0;
}

static struct contig_runs count_runs(vaddr_t va, u64 len, u64 unit)
{
	struct contig_runs c = { .unit = unit };

	pt_walk(&kpt, va, len, PT_ON_LEAF, contig_count, &c);
	return c;
}

/* Is a run of leaves of this level legal in pieces of `unit`? */
static bool legal(unsigned level, u64 unit)
{
	unsigned run = kpt.fmt->run[level];

	return run && pt_span(kpt.fmt, level) << run <= unit;
}

static void check_map(struct test_run *t, vaddr_t va, u64 len, u64 unit)
{
	struct contig_runs c = count_runs(va, len, unit);
	struct pt_slot slot;

	CHECK_EQ(t, pt_lookup(&kpt, va, &slot), PT_LEAF);
	CHECK_EQ(t, c.crossing + c.wrong, 0);
	CHECK_EQ(t, c.in_runs, legal(slot.level, unit) ? len : 0);
	CHECK_EQ(t, c.in_runs + c.others, len);
}

static const char *const leaves[] = { "auto", "page", NULL };

TEST(hotplug, contiguous_runs,
     .claim = "runs fill the maps where they are legal, cross no block, and are removed with it",
     .rows = "B-04 MB-4 S1-53", .identity = true, .needs = NEED_RANGE | NEED_LEAF_TLB,
     .params = leaves, .rev = 2)
{
	static struct probes p NOINIT;
	struct why why = { 0 };
	struct range r;

	if (!(kpt.caps & PT_CAP_CONTIG)) {
		test_skip(t, "the CPUs have no contiguous runs (riscv: Svnapot)");
		return;
	}
	if (!range_get(t, &r, max_u64(2, GiB / layout.block_bytes), "block"))
		return;
	r.opts.contig = true;
	r.opts.leaf = t->param[0] == 'p' ? 0 : -1;
	if (!range_add(t, &r))
		return;
	check_map(t, linear_va(r.pa), r.len, layout.block_bytes);
	check_map(t, memmap_va(r.pa >> page_shift()), memmap_bytes(r.len >> page_shift()),
		  memmap_bytes(block_pages()));
	p.nr = 0;
	probes_spread(&p, linear_va(r.pa), layout.block_bytes, 8);
	PROBES_ALL_PRIMED(t, &p);
	CHECK_OK(t, hotplug_remove(r.pa, layout.block_bytes, &r.opts, NULL, &why), &why);
	PROBES_ALL_FAULT(t, &p);
	p.nr = 0; /* the neighbours are not probed */
	probes_spread(&p, linear_va(r.pa) + layout.block_bytes, layout.block_bytes, 8);
	PROBES_ALL_READ(t, &p);
	for (u64 at = layout.block_bytes; at < r.len; at += layout.block_bytes)
		CHECK_OK(t, hotplug_remove(r.pa + at, layout.block_bytes, &r.opts, NULL, &why),
			 &why);
}
