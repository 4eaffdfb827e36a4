// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an add owes the machine, read from the recorded events: a table is complete before the
 * pointer to it is stored, and new leaves are visible before anybody uses them.  No emulator
 * reorders stores, so the order is checked.
 */
#include <tests/util.h>

static bool wanted(const struct pt_event *e)
{
	return e->kind == PT_EV_PUBLISH || e->kind == PT_EV_VISIBLE ||
	       (e->kind == PT_EV_SET && e->new);
}

static struct record rec NOINIT;

static bool is_table(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && kpt.fmt->kind(e->new, e->level) == PT_TABLE;
}

static bool record_add(struct test_run *t, struct range *r)
{
	bool ok;

	if (!range_get(t, r, 1, "block"))
		return false;
	r->opts.leaf = 0;
	record_begin(&rec, wanted);
	ok = range_add(t, r);
	record_end();
	CHECK_EQ(t, rec.lost, 0);
	return ok;
}

TEST(tlb, publish,
     .claim = "each table pointer is stored right after the barrier that publishes the table",
     .rows = "S1-10", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	u64 tables = 0, bare = 0;
	struct range r;

	if (!record_add(t, &r))
		return;
	for (u32 i = 0; i < rec.nr; i++) {
		if (!is_table(&rec.ev[i]))
			continue;
		tables++;
		bare += !i || rec.ev[i - 1].kind != PT_EV_PUBLISH ||
			rec.ev[i - 1].va != rec.ev[i].va;
	}
	CHECK_EQ(t, tables, r.report.tables_new);
	CHECK_EQ(t, bare, 0);
	range_remove(t, &r);
	range_reset(&r);
}

TEST(tlb, visible,
     .claim = "after the last new leaf of each region comes the barrier that makes them visible",
     .rows = "S1-52", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	static const enum region_id regions[] = { REGION_LINEAR, REGION_VMEMMAP };
	struct range r;

	if (!record_add(t, &r))
		return;
	for (unsigned k = 0; k < ARRAY_SIZE(regions); k++) {
		bool open = false;
		u64 leaves = 0;

		for (u32 i = 0; i < rec.nr; i++) {
			if (!in_region(rec.ev[i].va, regions[k]))
				continue;
			if (rec.ev[i].kind == PT_EV_VISIBLE)
				open = false;
			else if (rec.ev[i].kind == PT_EV_SET && !is_table(&rec.ev[i])) {
				open = true;
				leaves += rec.ev[i].n;
			}
		}
		CHECK(t, leaves > 0 && !open);
	}
	range_remove(t, &r);
	range_reset(&r);
}
