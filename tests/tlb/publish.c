/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Order of an add's stores, checked by the recorded events: a table is complete before the pointer
 * to it is stored, and new leaves are visible before any CPU uses them.  No emulator reorders
 * stores, so the test checks the order of the events, not the outcome.
 */
#include <tests/harness/util.h>

static bool publish_wanted(const struct pt_event *e)
{
	return e->kind == PT_EV_PUBLISH || e->kind == PT_EV_VISIBLE ||
	       (e->kind == PT_EV_SET && e->new);
}

/* Check before the barrier that the pointer which it publishes does not exist yet. */
static u64 checked, early;

static bool not_yet(struct pt_event *e)
{
	struct pt_slot slot;

	if (e->kind != PT_EV_PUBLISH)
		return true;
	pt_lookup(e->pt, e->va, &slot);
	checked++;
	early += slot.level != e->level || slot.kind != PT_EMPTY;
	return true;
}

static const struct pt_tap not_yet_tap = { .name = "test.publish", .before = not_yet };
PT_TAP(test_publish, not_yet_tap);

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
	checked = early = 0;
	pt_tap_enable("test.publish", true);
	record_begin(&recorded, publish_wanted);
	ok = range_add(t, r);
	record_end();
	pt_tap_enable("test.publish", false);
	CHECK_EQ(t, recorded.lost, 0);
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
	for (u32 i = 0; i < recorded.nr; i++) {
		if (!is_table(&recorded.ev[i]))
			continue;
		tables++;
		bare += !i || recorded.ev[i - 1].kind != PT_EV_PUBLISH ||
			recorded.ev[i - 1].va != recorded.ev[i].va;
	}
	CHECK_EQ(t, tables, r.report.tables_new);
	CHECK_EQ(t, bare, 0);
	CHECK_EQ(t, checked, tables);
	CHECK_EQ(t, early, 0);
	range_remove(t, &r);
	range_reset(&r);
}

TEST(tlb, visible,
     .claim = "the last new leaf of each region is followed by the barrier that makes them visible",
     .rows = "S1-52", .needs = NEED_RANGE | NEED_FENCE_LOCAL, .could = COULD_TRACE)
{
	static const enum region_id regions[] = { REGION_LINEAR, REGION_VMEMMAP };
	struct range r;

	if (!record_add(t, &r))
		return;
	for (unsigned k = 0; k < ARRAY_SIZE(regions); k++) {
		bool open = false;
		u64 leaves = 0;

		for (u32 i = 0; i < recorded.nr; i++) {
			if (!in_region(recorded.ev[i].va, regions[k]))
				continue;
			if (recorded.ev[i].kind == PT_EV_VISIBLE)
				open = false;
			else if (recorded.ev[i].kind == PT_EV_SET && !is_table(&recorded.ev[i])) {
				open = true;
				leaves += recorded.ev[i].n;
			}
		}
		CHECK(t, leaves > 0 && !open);
	}
	range_remove(t, &r);
	range_reset(&r);
}
