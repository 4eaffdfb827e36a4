/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-14, S0-15: a removal clears leaves in one pass and tables in a second one. */
#include <tests/tlb/removal.h>

TEST(hotplug, two_pass_trace,
     .claim = "the last leaf of the range is cleared before its first table", .rows = "S0-14 S0-15",
     .needs = NEED_RANGE, .could = COULD_TRACE)
{
	u32 last_leaf = 0, first_table = ~0u;
	u64 cells = 0;

	if (!removal_record(t))
		return;
	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];

		if (e->kind != PT_EV_SET)
			continue;
		if (removal_is_table(e) && first_table == ~0u)
			first_table = i;
		else if (!removal_is_table(e)) {
			last_leaf = i;
			cells += e->n;
		}
	}
	CHECK_EQ(t, cells, layout.block_bytes / page_size());
	CHECK(t, first_table != ~0u);
	CHECK(t, last_leaf < first_table);
}
