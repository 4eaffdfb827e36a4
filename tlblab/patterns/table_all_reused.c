/* SPDX-License-Identifier: BSD-2-Clause */
#include <tlblab/pattern.h>

PATTERN(table_all_reused, "table.all.reused", .what = "table reused, walk caches invalidated",
	.near = "ROT1+dsb-dsb-tlbi-dsb", .flush = FLUSH_ALL, .reader = READER_FENCE,
	.forbids = { O(TRAP) | O(OLD), O(TRAP) | O(OLD), O(TRAP) | O(OLD), O(TRAP) | O(OLD) },
	.arm = "published: forbidden",
	.riscv = "derived: the fence of the reading hart is ordered before its access (4.2.1)",
	.item = PROFILE_TABLE_WALK, .cpus = 1, .span = true, .round = pattern_reuse);
