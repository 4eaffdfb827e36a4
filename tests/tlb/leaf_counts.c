/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-35: the number of invalidations of a removal, by the shape of its leaves and tlb-max. */
#include <tests/harness/util.h>

static const struct shape {
	const char *name;
	int leaf;
	u32 max; /* 0: as booted */
} shapes[] = { { "large", -1, 0 }, { "pages", 0, 512 }, { "pages-each", 0, 1u << 20 } };

TEST(tlb, leaf_counts,
     .claim = "64 large or 32768 page leaves a block: one operation each up to tlb-max, else one "
	      "for all",
     .rows = "S0-35 S0-23", .needs = NEED_RANGE, .params = PARAMS_OF(shapes), .could = COULD_TRACE)
{
	const struct shape *s = &shapes[t->param_at];
	u32 max = tlb_max;
	struct range r;
	u64 want;

	if (!range_get(t, &r, 1, "block"))
		return;
	r.opts.leaf = s->leaf;
	r.opts.remove = remove_scheme_find("two-pass", NULL); /* one flush for each region */
	if (!range_add(t, &r))
		return;
	if (s->max)
		tlb_max = s->max;
	want = flush_ops(r.report.leaves) + flush_ops(r.report.vmemmap_leaves);
	if (s->leaf == 0)
		CHECK_EQ(t, r.report.leaves, block_pages());
	range_remove(t, &r);
	tlb_max = max;
	if (flush_is("range"))
		CHECK(t, r.report.tlbi_ops >= 2 && r.report.tlbi_ops <= want);
	else
		CHECK_EQ(t, r.report.tlbi_ops, want);
	CHECK_EQ(t, r.report.waits, 2);
	test_key(t, "ops=%lu", r.report.tlbi_ops);
	range_reset(&r);
}
