/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-23, S0-35, ENGINE 5: the invalidations of a removal; one invalidates a whole leaf. */
#include <lib/string.h>
#include <tests/harness/util.h>

static const char *const sizes[] = { "1", "2", NULL };

TEST(tlb, count_by_range,
     .claim = "one gather for each region: broadcast by VA takes one operation a leaf up to "
	      "tlb-max, else one",
     .rows = "S0-23 S0-35 S1-43 L-05", .needs = NEED_RANGE, .params = sizes, .could = COULD_TRACE)
{
	bool by_va = flush_is("bcast") || flush_is("range");
	u64 leaves, vmemmap_leaves, want;
	struct range r;

	if (!range_get(t, &r, (u64)(t->param[0] - '0'), "block"))
		return;
	r.opts.remove = remove_scheme_find("two-pass", NULL); /* one flush for each region */
	if (!range_add(t, &r))
		return;
	leaves = r.report.leaves;
	vmemmap_leaves = r.report.vmemmap_leaves;
	if (!range_remove(t, &r))
		return;
	CHECK_EQ(t, r.report.gathers, 2);
	CHECK_EQ(t, r.report.waits, 2);
	want = flush_ops(leaves) + flush_ops(vmemmap_leaves);
	if (by_va)
		CHECK(t, r.report.tlbi_ops >= 2 &&
				 r.report.tlbi_ops <= want + 4); /* and invalidations of walks */
	else
		CHECK_EQ(t, r.report.tlbi_ops, want);
	test_key(t, "ops=%lu", r.report.tlbi_ops);
	range_reset(&r);
}

TEST(tlb, block_unmap, .claim = "the one invalidation of a large leaf covers every page of it",
     .rows = "S0-23", .needs = NEED_RANGE | NEED_LEAF_TLB, .rev = 2)
{
	static struct probes p NOINIT;
	struct pt_slot slot;
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	CHECK_EQ(t, pt_lookup(&kpt, linear_va(r.pa), &slot), PT_LEAF);
	p.nr = 0;
	probes_spread(&p, slot.va, pt_span(kpt.fmt, slot.level), 4);
	PROBES_ALL_PRIMED(t, &p);
	range_remove(t, &r);
	PROBES_ALL_FAULT(t, &p);
	range_reset(&r);
}

static bool counts_is_tlbi(const struct pt_event *e)
{
	return e->kind == PT_EV_TLBI;
}

TEST(tlb, reach, .claim = "every invalidation of a removal takes effect on every online CPU",
     .rows = "S1-43 E-11", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	struct range r;
	u32 wrong = 0;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	record_begin(&recorded, counts_is_tlbi);
	range_remove(t, &r);
	record_end();
	for (u32 i = 0; i < recorded.nr; i++)
		wrong += recorded.ev[i].cpus != cpus_online() || recorded.ev[i].local;
	CHECK(t, recorded.nr > 0);
	CHECK_EQ(t, wrong, 0);
	range_reset(&r);
}
