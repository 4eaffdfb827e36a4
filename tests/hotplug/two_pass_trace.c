/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-14, S0-15: a removal clears leaves in one pass and tables in a second one. */
#include <tests/tlb/removal.h>

static struct {
	u32 tables; /* cleared entries to tables */
	u32 early;  /* leaves that were cleared after such an entry */
	u64 cells;
} passes;

static void passes_count(const struct pt_event *e)
{
	if (e->kind != PT_EV_SET)
		return;
	if (removal_is_table(e)) {
		passes.tables++;
		return;
	}
	passes.early += passes.tables > 0;
	passes.cells += e->n;
}

TEST(hotplug, two_pass_trace,
     .claim = "remove=two-pass and schemes that promise it: the last leaf of the range is "
	      "cleared before its first table",
     .rows = "S0-14 S0-15", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	passes.tables = passes.early = 0;
	passes.cells = 0;
	if (!removal_watch(t, removal_scheme(PROMISE_LEAVES_FIRST, "two-pass"), 0, passes_count,
			   NULL))
		return;
	CHECK_EQ(t, passes.cells, layout.block_bytes / page_size());
	CHECK(t, passes.tables > 0);
	CHECK_EQ(t, passes.early, 0);
}
