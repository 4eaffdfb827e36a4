/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/walk/dry.c - the engine on dry trees: translate, two passes, floor and ceiling, no
 * split. */
#include <tests/walk/dry.h>

TEST(walk, dry_translate,
     .claim = "random addresses of a mapped range translate, addresses beside it do not",
     .rows = "S0-39 S0-19 S0-11 S0-12", .params = dry_formats)
{
	struct why why = { 0 };
	u64 wrong = 0, len;
	struct dry d;
	paddr_t pa;

	if (!dry_open(t, &d, 0, 0))
		return;
	len = 4 * d.span;
	pa = 0x123 * d.span;
	for (unsigned level = 0; level < 2; level++) {
		CHECK_OK(t, dry_map(&d.pt, d.va, pa, len, level, &why), &why);
		for (int i = 0; i < 2000; i++) {
			u64 off = rng_below(&t->rng, len);

			wrong += pt_translate(&d.pt, d.va + off) != pa + off;
		}
		wrong += pt_translate(&d.pt, d.va - 1) != PA_NONE ||
			 pt_translate(&d.pt, d.va + len) != PA_NONE;
		CHECK_EQ(t, wrong, 0);
		CHECK_REFUSED(t, dry_map(&d.pt, d.va + len / 2, 0, len, 0, &why), EEXIST, &why);
		CHECK_OK(t, dry_unmap(&d.pt, d.va, len, true, &why), &why);
	}
	CHECK_REFUSED(t, dry_map(&d.pt, d.va, pa, 0, 0, &why), EINVAL, &why);
	CHECK_REFUSED(t, dry_map(&d.pt, d.va + 8, pa, d.page, 0, &why), EINVAL, &why);
	dry_end(t, &d.pt);
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
	struct dry d;

	if (!dry_open(t, &d, 4, 0))
		return;
	tables = d.pt.nr_tables;
	CHECK_OK(t, dry_unmap(&d.pt, d.va, 4 * d.span, false, &why), &why);
	pt_walk(&d.pt, d.va, 4 * d.span, PT_ON_LEAF, dry_count, &leaves);
	CHECK_EQ(t, leaves, 0);
	CHECK_EQ(t, d.pt.nr_tables, tables);
	CHECK_OK(t, dry_map(&d.pt, d.va + d.span, 0, d.page, 0, &why), &why); /* first slot */
	CHECK_OK(t, dry_map(&d.pt, d.va + 3 * d.span - d.page, 0, d.page, 0, &why),
		 &why); /* last slot */
	dry_free_empty(&d.pt, d.va, 4 * d.span, 0, 0);
	CHECK_EQ(t, d.pt.nr_tables, tables - 2); /* the first and the fourth */
	CHECK_OK(t, dry_unmap(&d.pt, d.va + d.span, d.page, false, &why), &why);
	CHECK_OK(t, dry_unmap(&d.pt, d.va + 3 * d.span - d.page, d.page, true, &why), &why);
	dry_free_empty(&d.pt, d.va, 4 * d.span, 0, 0);
	dry_end(t, &d.pt);
}

TEST(walk, dry_floor, .claim = "a table that reaches below the floor or above the ceiling is kept",
     .rows = "S0-08 B-05 L-01", .params = dry_formats)
{
	struct why why = { 0 };
	struct dry d;
	u64 tables;

	if (!dry_open(t, &d, 3, 0))
		return;
	tables = d.pt.nr_tables;
	CHECK_OK(t, dry_unmap(&d.pt, d.va, 3 * d.span, false, &why), &why);
	dry_free_empty(&d.pt, d.va, 3 * d.span, d.va + d.page, d.va + 3 * d.span - d.page);
	CHECK_EQ(t, d.pt.nr_tables, tables - 1); /* only the middle one is wholly inside */
	dry_free_empty(&d.pt, d.va, 3 * d.span, 0, 0);
	dry_end(t, &d.pt);
}

TEST(walk, dry_split_refused,
     .claim = "a removal that would split a leaf is refused and changes nothing",
     .rows = "B-04 L-04", .params = dry_formats)
{
	struct why why = { 0 };
	struct dry d;

	if (!dry_open(t, &d, 2, 1))
		return;
	CHECK_REFUSED(t, dry_unmap(&d.pt, d.va, d.span + d.page, true, &why), EBUSY, &why);
	CHECK_REFUSED(t, dry_unmap(&d.pt, d.va + d.page, d.span, true, &why), EBUSY, &why);
	CHECK_EQ(t, pt_translate(&d.pt, d.va + d.span + d.page), d.span + d.page);
	CHECK_OK(t, dry_unmap(&d.pt, d.va, 2 * d.span, true, &why), &why);
	dry_end(t, &d.pt);
}

TEST(walk, dry_top,
     .claim = "a range at the end of the address space is mapped and removed, and no address after "
	      "it is changed",
     .rows = "S0-19", .params = dry_formats)
{
	struct why why = { 0 };
	struct dry d;
	vaddr_t top;

	if (!dry_open(t, &d, 0, 0))
		return;
	top = dry_base(d.pt.fmt) + BIT(d.pt.fmt->half_bits);
	for (u64 len = d.page; len <= 2 * d.span; len = len == d.page ? d.span : 2 * len) {
		CHECK_OK(t, dry_map(&d.pt, top - len, 3 * d.span, len, 0, &why), &why);
		CHECK_EQ(t, pt_translate(&d.pt, top - d.page), 3 * d.span + len - d.page);
		CHECK_EQ(t, pt_translate(&d.pt, top - len - d.page), PA_NONE);
		CHECK_OK(t, dry_unmap(&d.pt, top - len, len, true, &why), &why);
		CHECK_EQ(t, pt_translate(&d.pt, top - d.page), PA_NONE);
		CHECK_EQ(t, d.pt.nr_tables, 0);
	}
	CHECK_REFUSED(t, dry_map(&d.pt, top - d.page, 0, 2 * d.page, 0, &why), EINVAL, &why);
	dry_end(t, &d.pt);
}
