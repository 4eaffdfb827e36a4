/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-14, S0-15, S0-35, S0-34, X-07, L-05: leaves before tables, invalidation before frees, a walk
 * invalidation for every unlinked table.
 */
#include <lib/string.h>
#include <tests/tlb/removal.h>

static struct {
	u32 unhooked, late; /* unlinked tables; those after the first walk invalidation */
	u32 walks, freed, early;
	bool waited;
	cpumask_t cpus;
} frees;

static void frees_see(const struct pt_event *e)
{
	if (e->kind == PT_EV_SET && removal_is_table(e)) {
		frees.unhooked++;
		frees.late += frees.walks > 0;
	} else if (e->kind == PT_EV_TLBI && e->walk && in_region(e->va, REGION_LINEAR)) {
		if (!frees.walks++)
			frees.cpus = e->cpus;
	} else if (e->kind == PT_EV_WAIT) {
		frees.waited |= frees.walks > 0;
	} else if (e->kind == PT_EV_PAGE_FREE) {
		frees.freed++;
		frees.early += !frees.waited;
	}
}

TEST(tlb, before_free, .claim = "tables are freed only after a walk invalidation has completed",
     .rows = "S0-34 S0-35 X-07", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	memset(&frees, 0, sizeof(frees));
	if (!removal_watch(t, NULL, 0, frees_see, NULL))
		return;
	CHECK(t, frees.unhooked > 0 && frees.walks > 0 && frees.freed > 0);
	CHECK_EQ(t, frees.late, 0);
	CHECK_EQ(t, frees.early, 0);
	CHECK(t, frees.cpus == cpus_online());
}

static struct {
	bool synced;
	u32 tlbis, early;
} barriers;

static void barriers_see(const struct pt_event *e)
{
	if (e->kind == PT_EV_SET)
		barriers.synced = false;
	if (e->kind == PT_EV_SYNC)
		barriers.synced = true;
	if (e->kind == PT_EV_TLBI) {
		barriers.tlbis++;
		barriers.early += !barriers.synced;
	}
}

TEST(tlb, sync_before, .claim = "every TLBI follows a barrier that orders the cleared entries",
     .rows = "S0-35", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	memset(&barriers, 0, sizeof(barriers));
	if (!removal_watch(t, NULL, 0, barriers_see, NULL))
		return;
	CHECK(t, barriers.tlbis > 0);
	CHECK_EQ(t, barriers.early, 0);
}

static struct {
	bool waited, invalidated;
	u32 tables, early; /* unlinked tables; those unlinked while the invalidation of a leaf was
			      incomplete */
	u32 leaves, unwaited; /* leaves or runs; those cleared while the invalidation of the
				 previous one was incomplete */
} flushes;

static void flushes_see(const struct pt_event *e)
{
	if (e->kind == PT_EV_SET && removal_is_table(e)) {
		flushes.tables++;
		flushes.early += !flushes.waited;
	} else if (e->kind == PT_EV_SET) {
		flushes.unwaited += flushes.leaves++ && !flushes.waited;
		flushes.invalidated = flushes.waited = false;
	} else if (e->kind == PT_EV_TLBI) {
		flushes.invalidated = true;
	} else if (e->kind == PT_EV_WAIT) {
		flushes.waited = flushes.invalidated;
	}
}

static bool flushes_watch(struct test_run *t, const char *remove, int leaf,
			  struct hotplug_report *report)
{
	memset(&flushes, 0, sizeof(flushes));
	return removal_watch(t, remove, leaf, flushes_see, report);
}

/* Use large leaves, as each takes a cross call on some machines, or pages if one leaf of level 1
 * maps a block.  If a leaf above level 1 does (block=1G), one wait for each page of the block would
 * take a minute. */
static int several_leaves(void)
{
	return pt_span(kpt.fmt, 1) < layout.block_bytes ? -1 : 0;
}

TEST(tlb, two_flush,
     .claim = "remove=two-flush and schemes that promise it: the invalidation of leaves completes "
	      "before a table is unlinked",
     .rows = "S0-35 S0-14", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	if (!flushes_watch(t, removal_scheme(PROMISE_FLUSH_BETWEEN, "two-flush"), 0, NULL))
		return;
	CHECK(t, flushes.tables > 0);
	CHECK_EQ(t, flushes.early, 0);
}

TEST(tlb, per_leaf,
     .claim = "remove=per-leaf: the invalidation of a leaf completes before the next one is "
	      "cleared, with one wait each; two-pass waits once for each region",
     .rows = "S0-35 X-07 L-05", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	struct hotplug_report each, once;

	if (!flushes_watch(t, "two-pass", several_leaves(), &once) ||
	    !flushes_watch(t, "per-leaf", several_leaves(), &each))
		return;
	if (flushes.leaves == 1) {
		test_skip(t, "one leaf above level 1 maps a block, which has too many pages");
		return;
	}
	CHECK(t, flushes.leaves > 1);
	CHECK_EQ(t, flushes.unwaited, 0);
	CHECK_EQ(t, once.waits, 2);
	CHECK(t, each.waits > flushes.leaves); /* plus those of the struct pages */
	CHECK(t, each.waits <= each.leaves + each.vmemmap_leaves + 2); /* plus two of the tables */
	CHECK(t, each.tlbi_ops >= each.waits);
	test_key(t, "waits=%lu", each.waits);
	test_key(t, "ratio=%lu", each.waits / once.waits);
}
