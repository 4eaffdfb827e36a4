/* SPDX-License-Identifier: BSD-2-Clause */
#include <tlblab/pattern.h>

PATTERN(protect_all_look, "protect.all.look", .what = "read-only now, invalidated",
	.near = "CoWT1+dsb-tlbi-dsb-isb, by rights", .flush = FLUSH_ALL,
	.forbids = { O(OLD), O(OLD), O(OLD), O(OLD) }, .arm = "published: forbidden",
	.riscv = "derived: the fence of the reading hart is ordered before its access (4.2.1)",
	.item = PROFILE_LEAF, .cpus = 1, .round = pattern_protect);
