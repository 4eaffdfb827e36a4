/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-14, S0-15, S0-35, S0-34: leaves before tables, invalidation before frees, a walk invalidation
 * for every unhooked table.
 */
#include <tests/harness/promises.h>
#include <tests/tlb/removal.h>

TEST(tlb, before_free,
     .claim = "tables are freed only after a walk invalidation that was waited for",
     .rows = "S0-34 S0-35 X-07", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	u32 unhooked = 0, walk = ~0u, wait = ~0u, freed = ~0u;

	if (!removal_record(t))
		return;
	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];

		if (e->kind == PT_EV_SET && removal_is_table(e))
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

	if (!removal_record(t))
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

/* What is in force, if that promises it; else the scheme of the tree that does. */
static const char *flushes_between(void)
{
	reg_for_each (remove, it)
		if (promise_asked(&(*it)->s, PROMISE_FLUSH_BETWEEN, ARG_REMOVE))
			return (*it)->s.name;
	return "two-flush";
}

TEST(tlb, two_flush,
     .claim = "remove=two-flush and whoever promises it: leaves are invalidated and waited for "
	      "before a table is unhooked",
     .rows = "S0-35 S0-14", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	bool waited = false, invalidated = false;
	u32 tables = 0, early = 0;

	if (!removal_record_by(t, flushes_between()))
		return;
	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];

		if (e->kind == PT_EV_SET && removal_is_table(e)) {
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
