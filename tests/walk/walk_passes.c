/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-15: the first pass clears leaves of every size of the format, each alone in its tree: no leaf
 * is left, and no table is freed.
 */
#include <tests/walk/dry.h>

static int passes_note(const struct pt_slot *slot, void *arg)
{
	u64 *sum = arg;

	sum[slot->kind == PT_LEAF]++;
	return 0;
}

static void one_size(struct test_run *t, struct pt *pt, unsigned level)
{
	u64 unit = pt_span(pt->fmt, level), len = 2 * unit, before[2] = { 0 }, after[2] = { 0 };
	vaddr_t va = dry_base(pt->fmt);
	struct why why = { 0 };

	if (!CHECK_OK(t, dry_map(pt, va, 4 * unit, len, level, &why), &why))
		return;
	pt_walk(pt, va, len, PT_ON_LEAF | PT_ON_TABLE, passes_note, before);
	CHECK_EQ(t, before[1], 2);
	CHECK_OK(t, dry_unmap(pt, va, len, false, &why), &why);
	pt_walk(pt, va, len, PT_ON_LEAF | PT_ON_TABLE, passes_note, after);
	CHECK_EQ(t, after[1], 0);
	CHECK_EQ(t, after[0], before[0]);
	CHECK_EQ(t, pt_translate(pt, va + len - 1), PA_NONE);
	dry_free_empty(pt, va, len, 0, 0);
	CHECK_EQ(t, pt->nr_tables, 0);
}

TEST(walk, pass_one, .claim = "the first pass clears leaves of every size and frees no table",
     .rows = "S0-15 S0-28", .params = dry_formats)
{
	unsigned sizes = 0;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	for (unsigned level = 0; level < pt.fmt->levels; level++) {
		if (!pt_leaf_ok(pt.fmt, level))
			continue;
		one_size(t, &pt, level);
		sizes++;
	}
	CHECK(t, sizes > 0);
	test_key(t, "sizes=%u", sizes);
	dry_end(t, &pt);
}
