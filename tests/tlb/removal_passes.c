// SPDX-License-Identifier: BSD-2-Clause
/*
 * S0-14, S0-15, S0-35, S0-34: the order of what a removal does to the machine, read from the
 * recorded choke-point events: leaves before tables, invalidation before frees, a walk invalidation
 * for every unhooked table.  QEMU cannot show a violation (no walk cache), so the order is checked.
 */
#include <tests/harness/util.h>

static bool wanted(const struct pt_event *e)
{
	return (e->kind == PT_EV_SET && !e->new && e->old &&in_region(e->va, REGION_LINEAR)) ||
	       e->kind == PT_EV_TLBI || e->kind == PT_EV_WAIT || e->kind == PT_EV_SYNC ||
	       (e->kind == PT_EV_PAGE_FREE && e->provenance == PAGE_TABLE);
}

static bool is_table(const struct pt_event *e)
{
	return kpt.fmt->kind(e->old, e->level) == PT_TABLE;
}

/* Remove one block of page leaves and keep what happened.  `remove` NULL: as booted. */
static bool record_removal_by(struct test_run *t, const char *remove)
{
	struct range r;
	bool ok;

	if (!range_get(t, &r, 1, "host"))
		return false;
	r.opts.leaf = 0;
	if (remove)
		r.opts.remove = remove_scheme_find(remove, NULL);
	if (!range_add(t, &r))
		return false;
	record_begin(&recorded, wanted);
	ok = range_remove(t, &r);
	record_end();
	range_reset(&r);
	CHECK_EQ(t, recorded.lost, 0);
	return ok;
}

static bool record_removal(struct test_run *t)
{
	return record_removal_by(t, NULL);
}

TEST(hotplug, two_pass_trace,
     .claim = "the last leaf of the range is cleared before its first table", .rows = "S0-14 S0-15",
     .needs = NEED_RANGE, .could = COULD_TRACE)
{
	u32 last_leaf = 0, first_table = ~0u;
	u64 cells = 0;

	if (!record_removal(t))
		return;
	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];

		if (e->kind != PT_EV_SET)
			continue;
		if (is_table(e) && first_table == ~0u)
			first_table = i;
		else if (!is_table(e)) {
			last_leaf = i;
			cells += e->n;
		}
	}
	CHECK_EQ(t, cells, layout.block_bytes / page_size());
	CHECK(t, first_table != ~0u);
	CHECK(t, last_leaf < first_table);
}

TEST(tlb, before_free,
     .claim = "tables are freed only after a walk invalidation that was waited for",
     .rows = "S0-34 S0-35 X-07", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	u32 unhooked = 0, walk = ~0u, wait = ~0u, freed = ~0u;

	if (!record_removal(t))
		return;
	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];

		if (e->kind == PT_EV_SET && is_table(e))
			unhooked = i;
		if (e->kind == PT_EV_TLBI && e->walk && in_region(e->va, REGION_LINEAR) &&
		    walk == ~0u)
			walk = i;
		if (e->kind == PT_EV_WAIT && walk != ~0u && wait == ~0u)
			wait = i;
		if (e->kind == PT_EV_PAGE_FREE && freed == ~0u)
			freed = i;
	}
	CHECK(t, unhooked > 0);
	CHECK(t, walk != ~0u && unhooked < walk);
	CHECK(t, wait != ~0u && walk < wait);
	CHECK(t, freed != ~0u && wait < freed);
	if (walk != ~0u)
		CHECK(t, recorded.ev[walk].cpus == cpus_online());
}

TEST(tlb, sync_before, .claim = "every TLBI comes after a barrier that orders the cleared entries",
     .rows = "S0-35", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	bool synced = false;
	u32 tlbis = 0;

	if (!record_removal(t))
		return;
	for (u32 i = 0; i < recorded.nr; i++) {
		if (recorded.ev[i].kind == PT_EV_SET)
			synced = false;
		if (recorded.ev[i].kind == PT_EV_SYNC)
			synced = true;
		if (recorded.ev[i].kind == PT_EV_TLBI) {
			tlbis++;
			CHECK(t, synced);
		}
	}
	CHECK(t, tlbis > 0);
}

TEST(tlb, two_flush,
     .claim = "remove=two-flush: leaves are invalidated and waited for before a table is unhooked",
     .rows = "S0-35 S0-14", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	bool waited = false, invalidated = false;
	u32 tables = 0, early = 0;

	if (!record_removal_by(t, "two-flush"))
		return;
	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];

		if (e->kind == PT_EV_SET && is_table(e)) {
			tables++;
			early += !waited;
		} else if (e->kind == PT_EV_SET) {
			invalidated = waited = false;
		} else if (e->kind == PT_EV_TLBI) {
			invalidated = true;
		} else if (e->kind == PT_EV_WAIT) {
			waited = invalidated;
		}
	}
	CHECK(t, tables > 0);
	CHECK_EQ(t, early, 0);
}
