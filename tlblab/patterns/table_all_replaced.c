/* SPDX-License-Identifier: BSD-2-Clause */
/* Both are removed in one gather with one invalidation, and another table replaces this one. */
#include <tlblab/pattern.h>

static void one_round(struct stress *s)
{
	struct pt_gather g;

	if (!pattern_warm_in_span(s))
		return;
	lab_remove(&s->lab, pattern_page(s), &g);
	if (pattern_map(s, FRAME_NEW)) {
		pattern_observe(s, cpus_online(), true);
		lab_unmap(pattern_page(s), FLUSH_ALL);
	}
	lab_table_release(&g);
}

PATTERN(table_all_replaced, "table.all.replaced", .what = "table replaced by another",
	.near = "CoWT1.L23+dsb-tlbi-dsb-isb, with a break", .flush = FLUSH_ALL,
	.writer = WRITER_ENGINE, .reader = READER_FENCE,
	.forbids = { O(OLD) | O(FAULT) | O(KEPT) | O(STUCK), O(OLD) | O(FAULT) | O(KEPT) | O(STUCK),
		     O(OLD) | O(STUCK), O(OLD) | O(KEPT) | O(STUCK) },
	.arm = "published: forbidden; of the new leaf as map.engine.fence",
	.riscv = "derived: as unmap.all.look and map.engine.fence", .item = PROFILE_TABLE_LEAF,
	.cpus = 1, .span = true, .round = one_round);
