/* SPDX-License-Identifier: BSD-2-Clause */
/* A control: the table is reused, and walk caches may still lead to it. */
#include <tlblab/pattern.h>

PATTERN(table_none_reused, "table.none.reused", .what = "table reused, no walk invalidation",
	.near = "ROT+po-po, a stronger writer", .flush = FLUSH_NONE, .reader = READER_FENCE,
	.forbids = { 0, 0, 0, 0 }, .arm = "published: allowed",
	.riscv = "allowed: an entry may be kept until a fence of this hart (4.2.1)",
	.shows = O(TRAP), .item = PROFILE_TABLE_WALK, .cpus = 1, .span = true,
	.round = pattern_reuse);
