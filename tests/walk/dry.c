// SPDX-License-Identifier: BSD-2-Clause
/* tests/walk/dry.c - the engine on dry trees: translate, two passes, floor and ceiling, no split.
 */
#include <tests/walk/dry.h>

TEST(walk, dry_translate,
     .claim = "random addresses of a mapped range translate, those beside it do not",
     .rows = "S0-39 S0-19 S0-11 S0-12", .params = dry_formats)
{
	struct why why = { 0 };
	u64 wrong = 0, len;
	paddr_t pa;
	vaddr_t va;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	len = 4 * pt_span(pt.fmt, 1);
	pa = 0x123 * pt_span(pt.fmt, 1);
	va = dry_base(pt.fmt) + 2 * len;
	for (unsigned level = 0; level < 2; level++) {
		CHECK_OK(t, dry_map(&pt, va, pa, len, level, &why), &why);
		for (int i = 0; i < 2000; i++) {
			u64 off = rng_below(&t->rng, len);

			wrong += pt_translate(&pt, va + off) != pa + off;
		}
		wrong += pt_translate(&pt, va - 1) != PA_NONE ||
			 pt_translate(&pt, va + len) != PA_NONE;
		CHECK_EQ(t, wrong, 0);
		CHECK_REFUSED(t, dry_map(&pt, va + len / 2, 0, len, 0, &why), EEXIST, &why);
		CHECK_OK(t, dry_unmap(&pt, va, len, true, &why), &why);
	}
	CHECK_REFUSED(t, dry_map(&pt, va, pa, 0, 0, &why), EINVAL, &why);
	CHECK_REFUSED(t, dry_map(&pt, va + 8, pa, pt_page_size(pt.fmt), 0, &why), EINVAL, &why);
	dry_end(t, &pt);
}

static int dry_count(const struct pt_slot *slot, void *arg)
{
	(void)slot;
	(*(u64 *)arg)++;
	return 0;
}

TEST(walk, dry_passes,
     .claim = "pass one clears every leaf and no table, pass two frees exactly the empty tables",
     .rows = "S0-15 S0-16 S0-28", .params = dry_formats)
{
	struct why why = { 0 };
	u64 leaves = 0, tables;
	u64 span;
	vaddr_t va;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	span = pt_span(pt.fmt, 1);
	va = dry_base(pt.fmt) + 64 * span;
	CHECK_OK(t, dry_map(&pt, va, 0, 4 * span, 0, &why), &why);
	tables = pt.nr_tables;
	CHECK_OK(t, dry_unmap(&pt, va, 4 * span, false, &why), &why);
	pt_walk(&pt, va, 4 * span, PT_ON_LEAF, dry_count, &leaves);
	CHECK_EQ(t, leaves, 0);
	CHECK_EQ(t, pt.nr_tables, tables);
	CHECK_OK(t, dry_map(&pt, va + span, 0, pt_page_size(pt.fmt), 0, &why),
		 &why); /* first slot */
	CHECK_OK(t,
		 dry_map(&pt, va + 3 * span - pt_page_size(pt.fmt), 0, pt_page_size(pt.fmt), 0,
			 &why),
		 &why); /* last slot */
	dry_free_empty(&pt, va, 4 * span, 0, 0);
	CHECK_EQ(t, pt.nr_tables, tables - 2); /* the first and the fourth */
	CHECK_OK(t, dry_unmap(&pt, va + span, pt_page_size(pt.fmt), false, &why), &why);
	CHECK_OK(t,
		 dry_unmap(&pt, va + 3 * span - pt_page_size(pt.fmt), pt_page_size(pt.fmt), true,
			   &why),
		 &why);
	dry_free_empty(&pt, va, 4 * span, 0, 0);
	dry_end(t, &pt);
}

TEST(walk, dry_floor, .claim = "a table that reaches below the floor or above the ceiling is kept",
     .rows = "S0-03 S0-08 B-05 L-01", .params = dry_formats)
{
	struct why why = { 0 };
	u64 tables, span;
	vaddr_t va;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	span = pt_span(pt.fmt, 1);
	va = dry_base(pt.fmt) + 64 * span;
	CHECK_OK(t, dry_map(&pt, va, 0, 3 * span, 0, &why), &why);
	tables = pt.nr_tables;
	CHECK_OK(t, dry_unmap(&pt, va, 3 * span, false, &why), &why);
	dry_free_empty(&pt, va, 3 * span, va + pt_page_size(pt.fmt),
		       va + 3 * span - pt_page_size(pt.fmt));
	CHECK_EQ(t, pt.nr_tables, tables - 1); /* only the middle one lies wholly inside */
	dry_free_empty(&pt, va, 3 * span, 0, 0);
	dry_end(t, &pt);
}

TEST(walk, dry_split_refused,
     .claim = "a removal that would split a leaf is refused and changes nothing",
     .rows = "B-04 L-04", .params = dry_formats)
{
	struct why why = { 0 };
	u64 span;
	vaddr_t va;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	span = pt_span(pt.fmt, 1);
	va = dry_base(pt.fmt) + 64 * span;
	CHECK_OK(t, dry_map(&pt, va, 0, 2 * span, 1, &why), &why);
	CHECK_REFUSED(t, dry_unmap(&pt, va, span + pt_page_size(pt.fmt), true, &why), EBUSY, &why);
	CHECK_REFUSED(t, dry_unmap(&pt, va + pt_page_size(pt.fmt), span, true, &why), EBUSY, &why);
	CHECK_EQ(t, pt_translate(&pt, va + span + pt_page_size(pt.fmt)),
		 span + pt_page_size(pt.fmt));
	CHECK_OK(t, dry_unmap(&pt, va, 2 * span, true, &why), &why);
	dry_end(t, &pt);
}

TEST(walk, dry_top,
     .claim = "a range that ends where the address space ends is mapped, removed and left alone "
	      "behind",
     .rows = "S0-19", .params = dry_formats)
{
	struct why why = { 0 };
	u64 span, page;
	vaddr_t top;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	span = pt_span(pt.fmt, 1);
	page = pt_page_size(pt.fmt);
	top = dry_base(pt.fmt) + BIT(pt.fmt->half_bits);
	for (u64 len = page; len <= 2 * span; len = len == page ? span : 2 * len) {
		CHECK_OK(t, dry_map(&pt, top - len, 3 * span, len, 0, &why), &why);
		CHECK_EQ(t, pt_translate(&pt, top - page), 3 * span + len - page);
		CHECK_EQ(t, pt_translate(&pt, top - len - page), PA_NONE);
		CHECK_OK(t, dry_unmap(&pt, top - len, len, true, &why), &why);
		CHECK_EQ(t, pt_translate(&pt, top - page), PA_NONE);
		CHECK_EQ(t, pt.nr_tables, 0);
	}
	CHECK_REFUSED(t, dry_map(&pt, top - page, 0, 2 * page, 0, &why), EINVAL, &why);
	dry_end(t, &pt);
}
