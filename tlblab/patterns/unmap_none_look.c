/* SPDX-License-Identifier: BSD-2-Clause */
/* A control: nothing is invalidated, so the old entry may be used. */
#include <tlblab/pattern.h>

PATTERN(unmap_none_look, "unmap.none.look", .what = "removed, no invalidation",
	.near = "CoWinvT+dsb-isb", .flush = FLUSH_NONE, .reader = READER_FENCE,
	.forbids = { 0, 0, 0, 0 },
	.arm = "published: allowed: an entry may be kept until it is invalidated (D8.17)",
	.riscv = "allowed: an entry may be kept until a fence of this hart (4.2.1)",
	.shows = O(OLD), .item = PROFILE_LEAF, .cpus = 1, .round = pattern_unmap_look);
