/* SPDX-License-Identifier: BSD-2-Clause */
#include <tlblab/pattern.h>

PATTERN(write_all_flag, "write.all.flag", .what = "frame written after the invalidation",
	.near = "RBS+dsb-tlbiis-dsb", .flush = FLUSH_ALL, .reader = READER_FENCE,
	.forbids = { O(MARK) | O(OLD), O(MARK) | O(OLD), O(MARK) | O(OLD), O(MARK) | O(OLD) },
	.arm = "published: forbidden, with ETS and without",
	.riscv = "derived: the fence of the reading hart is ordered before its access (4.2.1)",
	.item = PROFILE_LOCAL, .cpus = 2, .round = pattern_write);
