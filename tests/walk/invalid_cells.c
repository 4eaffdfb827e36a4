/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-25, S0-30, S0-31: cells that are neither empty nor leaf nor table, written by hand into a
 * dry tree.  Such a cell is never treated as empty, and each is reported once.
 */
#include <tests/walk/dry.h>

static void check_table_stays(struct test_run *t, struct pt *pt, vaddr_t va, u64 at, u64 value)
{
	u64 span = pt_span(pt->fmt, 1), tables = pt->nr_tables, odd = pt->nr_unexpected;
	u64 *word = dry_word(pt, va + at, 0);
	struct why why = { 0 };

	if (!CHECK(t, word != NULL))
		return;
	*word = value;
	CHECK_OK(t, dry_unmap(pt, va, span, true, &why), &why);
	CHECK_EQ(t, pt->nr_tables, tables);
	CHECK_EQ(t, pt->nr_unexpected, odd + 1);
	*word = 0;
}

TEST(walk, invalid_is_not_empty,
     .claim = "a cell that is not valid but not zero keeps its table and is counted once",
     .rows = "S0-30 S0-31 S0-16", .params = dry_formats)
{
	struct dry d;
	u64 invalid;

	if (!dry_open(t, &d, 1, 0))
		return;
	invalid = dry_invalid(d.pt.fmt);
	CHECK(t, invalid != 0);
	check_table_stays(t, &d.pt, d.va, 0, invalid);
	check_table_stays(t, &d.pt, d.va, d.span / 2, invalid);
	check_table_stays(t, &d.pt, d.va, d.span - d.page, invalid);
	dry_free_empty(&d.pt, d.va, d.span, 0, 0);
	dry_end(t, &d.pt);
}

/* Map a page below the first cell of a table at `level`, and write an invalid cell after it. */
static void check_upper_tables_stay(struct test_run *t, struct pt *pt, unsigned level)
{
	u64 span = pt_span(pt->fmt, level), page = pt_page_size(pt->fmt), odd = pt->nr_unexpected;
	u64 tables = pt->nr_tables, *word;
	vaddr_t va = dry_base(pt->fmt);
	struct why why = { 0 };
	struct pt_slot slot;

	CHECK_OK(t, dry_map(pt, va, 0, page, 0, &why), &why);
	word = dry_word(pt, va + span, level);
	if (!CHECK(t, word && !*word))
		return;
	*word = dry_encoding(pt->fmt, PT_INVALID, level);
	CHECK(t, *word != 0);
	CHECK_EQ(t, pt_lookup(pt, va + span, &slot), PT_INVALID);
	CHECK_EQ(t, slot.level, level);
	CHECK_EQ(t, pt_translate(pt, va + span), PA_NONE);
	CHECK_REFUSED(t, dry_map(pt, va + span, page, page, 0, &why), EEXIST, &why);
	CHECK_OK(t, dry_unmap(pt, va, 2 * span, true, &why), &why);
	CHECK_EQ(t, pt_translate(pt, va), PA_NONE);
	CHECK_EQ(t, pt->nr_unexpected, odd + 1);
	/* the tables below its first cell are freed; its own and those above are not */
	CHECK_EQ(t, pt->nr_tables, tables + pt->fmt->levels - 1u - level);
	CHECK(t, *word != 0);
	*word = 0;
	dry_free_empty(pt, va, 2 * span, 0, 0);
	CHECK_EQ(t, pt->nr_tables, tables);
}

TEST(walk, invalid_above_pages,
     .claim = "also above level 0 a cell that is not valid but not zero is kept, counted once, and "
	      "not reused",
     .rows = "S0-30 S0-31 S0-16", .params = dry_formats)
{
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	for (unsigned level = 1; level < pt.fmt->levels && !t->failed; level++)
		if (pt_entries(pt.fmt, level) > 1)
			check_upper_tables_stay(t, &pt, level);
	dry_end(t, &pt);
}

/* The lowest level above the pages with a reserved encoding. */
static unsigned reserved_level(const struct pt_fmt *fmt, u64 *value)
{
	for (unsigned level = 1; level < fmt->levels; level++)
		if ((*value = dry_encoding(fmt, PT_RESERVED, level)))
			return level;
	return 0;
}

TEST(walk, trichotomy,
     .claim = "above level 0 a reserved encoding makes the removal by address fail, which changes "
	      "nothing",
     .rows = "S0-25", .params = dry_formats)
{
	struct why why = { 0 };
	u64 span, leaf, len, reserved = 0, *word;
	unsigned level;
	vaddr_t va;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	level = reserved_level(pt.fmt, &reserved);
	span = pt_span(pt.fmt, level);
	leaf = pt_span(pt.fmt, 1);
	va = dry_base(pt.fmt) + span - leaf;
	len = leaf + span + leaf;
	if (!level) {
		test_skip(t, "every level of this format may hold leaves: no encoding is reserved");
	} else if (pt_entries(pt.fmt, level) < 3) {
		test_skip(t, "a root of two entries has no room for a neighbour on either side");
	} else {
		CHECK_OK(t, dry_map(&pt, va, 0, leaf, 1, &why), &why);
		CHECK_OK(t, dry_map(&pt, va + leaf + span, leaf, leaf, 1, &why), &why);
		word = dry_word(&pt, va + leaf, level);
		if (CHECK(t, word && !*word)) {
			*word = reserved;
			CHECK_REFUSED(t, dry_unmap(&pt, va, len, true, &why), EINVAL, &why);
			CHECK_EQ(t, pt_translate(&pt, va), 0);
			CHECK_EQ(t, pt_translate(&pt, va + leaf + span), leaf);
			*word = 0;
		}
		CHECK_OK(t, dry_unmap(&pt, va, len, true, &why), &why);
	}
	dry_end(t, &pt);
}

/* S0-21: the scan for emptiness begins at entry 0, not at the entry of the address. */
static void check_stays_for_one(struct test_run *t, struct dry *d, u64 keep)
{
	struct why why = { 0 };
	u64 rest = keep + d->page, tables;

	CHECK_OK(t, dry_map(&d->pt, d->va, 0, d->span, 0, &why), &why);
	tables = d->pt.nr_tables;
	if (keep)
		CHECK_OK(t, dry_unmap(&d->pt, d->va, keep, true, &why), &why);
	if (rest < d->span)
		CHECK_OK(t, dry_unmap(&d->pt, d->va + rest, d->span - rest, true, &why), &why);
	CHECK_EQ(t, d->pt.nr_tables, tables);
	CHECK_EQ(t, pt_translate(&d->pt, d->va + keep), keep);
	CHECK_OK(t, dry_unmap(&d->pt, d->va + keep, d->page, true, &why), &why);
	CHECK(t, d->pt.nr_tables < tables);
}

TEST(walk, scan_whole_table,
     .claim = "one live leaf in the first, a middle or the last slot keeps the table",
     .rows = "S0-21 S0-16", .params = dry_formats)
{
	struct dry d;

	if (!dry_open(t, &d, 0, 0))
		return;
	check_stays_for_one(t, &d, 0);
	check_stays_for_one(t, &d, d.span / 2);
	check_stays_for_one(t, &d, d.span - d.page);
	dry_end(t, &d.pt);
}
