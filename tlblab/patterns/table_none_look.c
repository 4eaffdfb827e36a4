/* SPDX-License-Identifier: BSD-2-Clause */
/* A control: leaf and table are removed without invalidation. */
#include <tlblab/pattern.h>

static void one_round(struct stress *s)
{
	struct pt_gather g;

	if (!pattern_warm_in_span(s))
		return;
	lab_unmap(pattern_page(s), FLUSH_NONE);
	lab_unhook(&s->lab, &g, FLUSH_NONE);
	pattern_observe(s, cpus_online(), false);
	lab_flush_omitted(&s->lab);
	lab_table_release(&g);
}

PATTERN(table_none_look, "table.none.look", .what = "leaf and table removed, no invalidation",
	.flush = FLUSH_NONE, .reader = READER_FENCE, .forbids = { 0, 0, 0, 0 },
	.arm = "allowed: an entry may be kept until it is invalidated (D8.17)",
	.riscv = "allowed: an entry may be kept until a fence of this hart (4.2.1)",
	.shows = O(OLD), .item = PROFILE_TABLE_LEAF, .cpus = 1, .span = true, .round = one_round);
