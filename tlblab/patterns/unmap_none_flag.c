/* SPDX-License-Identifier: BSD-2-Clause */
/* A control: the others observe the flag, but nothing was invalidated. */
#include <tlblab/pattern.h>

PATTERN(unmap_none_flag, "unmap.none.flag", .what = "removed, a flag, no invalidation",
	.near = "MP.invRT+dsb+dsb-isb", .flush = FLUSH_NONE, .reader = READER_FENCE,
	.forbids = { 0, 0, 0, 0 },
	.arm = "published: allowed: an entry may be kept until it is invalidated (D8.17)",
	.riscv = "allowed: an entry may be kept until a fence of this hart (4.2.1)",
	.shows = O(OLD), .item = PROFILE_LEAF, .cpus = 2, .round = pattern_unmap_flag);
