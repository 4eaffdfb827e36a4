/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sub-sections in every format, also those that no CPU walks: the memmap of one has whole pages,
 * and the removal of the middle one of three does not affect its neighbours.
 */
#include <tests/walk/dry.h>

TEST(walk, dry_subsections,
     .claim = "the memmap of a sub-section has whole pages in every format; after the removal of "
	      "the middle one of three its neighbours translate as before",
     .rows = "S2-30 S2-31 S0-11 S0-12", .params = dry_formats)
{
	struct why why = { 0 };
	u64 page, unit, len;
	vaddr_t va;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	page = pt_page_size(pt.fmt);
	unit = max_u64(2 * MiB, page * page / 64);
	len = unit / page * sizeof(struct page);
	CHECK(t, len >= page && len % page == 0);
	va = dry_base(pt.fmt) + 64 * pt_span(pt.fmt, 1);
	for (u64 i = 0; i < 3; i++)
		CHECK_OK(t, dry_map(&pt, va + i * len, i * unit, len, 0, &why), &why);
	CHECK_OK(t, dry_unmap(&pt, va + len, len, true, &why), &why);
	CHECK_EQ(t, pt_translate(&pt, va + len - page), len - page);
	CHECK_EQ(t, pt_translate(&pt, va + len), PA_NONE);
	CHECK_EQ(t, pt_translate(&pt, va + 2 * len - page), PA_NONE);
	CHECK_EQ(t, pt_translate(&pt, va + 2 * len), 2 * unit);
	CHECK_OK(t, dry_map(&pt, va + len, unit, len, 0, &why), &why);
	CHECK_OK(t, dry_unmap(&pt, va, 3 * len, true, &why), &why);
	CHECK_EQ(t, pt.nr_tables, 0);
	dry_end(t, &pt);
}
