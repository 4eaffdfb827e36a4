/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-53: the members of a contiguous run are removed together.  Removing a single one is
 * refused, because the behaviour of CPUs for the others is unpredictable; all of them are
 * removed with one invalidation.
 */
#include <tests/walk/dry.h>

static int map_run(struct pt *pt, vaddr_t va, u64 len, struct why *why)
{
	struct pt_plan plan;
	int err = pt_plan(pt, &plan, PT_OP_MAP, va, len, 0, 0, why);

	if (err)
		return err;
	plan.contig = true;
	pt_map(&plan, 0, PT_R | PT_W | PT_GLOBAL);
	pt_plan_end(&plan);
	return 0;
}

static u64 members(const struct pt *pt, vaddr_t va, u64 len)
{
	u64 n = 0;

	for (u64 at = 0; at < len; at += pt_page_size(pt->fmt)) {
		struct pt_slot slot;

		n += pt_lookup(pt, va + at, &slot) == PT_LEAF &&
		     pt->fmt->run_shift(slot.val, 0) == pt->fmt->run[0];
	}
	return n;
}

static void check_part_refused(struct test_run *t, struct pt *pt, vaddr_t va, u64 group)
{
	u64 page = pt_page_size(pt->fmt);
	struct why why = { 0 };

	CHECK_REFUSED(t, dry_unmap(pt, va, page, true, &why), EBUSY, &why);
	CHECK_REFUSED(t, dry_unmap(pt, va, group - page, true, &why), EBUSY, &why);
	CHECK_REFUSED(t, dry_unmap(pt, va + page, group - page, true, &why), EBUSY, &why);
	CHECK_EQ(t, members(pt, va, group), group / page);
	CHECK_EQ(t, dry_invals, 0);
}

TEST(walk, run_is_whole,
     .claim = "a part of a contiguous run cannot be removed; the whole run is removed with one "
	      "invalidation",
     .rows = "S1-53 MB-4 B-04", .params = dry_formats)
{
	struct why why = { 0 };
	struct pt pt;
	vaddr_t va;
	u64 group;

	if (!dry_begin(t, &pt))
		return;
	pt.caps |= PT_CAP_CONTIG;
	group = pt_page_size(pt.fmt) << pt.fmt->run[0];
	va = dry_base(pt.fmt) + 4 * group;
	if (!pt.fmt->run[0]) {
		test_skip(t, "this format has no runs");
	} else if (CHECK_OK(t, map_run(&pt, va, group, &why), &why)) {
		check_part_refused(t, &pt, va, group);
		CHECK_OK(t, dry_unmap(&pt, va, group, true, &why), &why);
		CHECK_EQ(t, members(&pt, va, group), 0);
		CHECK_EQ(t, dry_invals, 1);
	}
	dry_end(t, &pt);
}
