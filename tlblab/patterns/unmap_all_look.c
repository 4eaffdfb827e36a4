/* SPDX-License-Identifier: BSD-2-Clause */
#include <tlblab/pattern.h>

PATTERN(unmap_all_look, "unmap.all.look", .what = "removed and invalidated",
	.near = "CoWinvT1+dsb-tlbi-dsb, and an isb", .flush = FLUSH_ALL, .reader = READER_FENCE,
	.forbids = { O(OLD), O(OLD), O(OLD), O(OLD) }, .arm = "published: forbidden",
	.riscv = "derived: the fence of the reading hart is ordered before its access (4.2.1)",
	.item = PROFILE_LEAF, .cpus = 1, .round = pattern_unmap_look);
