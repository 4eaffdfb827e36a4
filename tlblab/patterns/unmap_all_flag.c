/* SPDX-License-Identifier: BSD-2-Clause */
#include <tlblab/pattern.h>

PATTERN(unmap_all_flag, "unmap.all.flag", .what = "removed, invalidated everywhere, a flag",
	.near = "MP.invRT1+dsb-tlbiis-dsb+dsb-isb", .flush = FLUSH_ALL, .reader = READER_FENCE,
	.forbids = { O(OLD), O(OLD), O(OLD), O(OLD) }, .arm = "published: forbidden",
	.riscv = "derived: the fence of the reading hart is ordered before its access (4.2.1)",
	.item = PROFILE_LOCAL, .cpus = 2, .round = pattern_unmap_flag);
