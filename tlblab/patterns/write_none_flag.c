/* SPDX-License-Identifier: BSD-2-Clause */
/* A control: a load through the old entry observes later stores to the frame. */
#include <tlblab/pattern.h>

PATTERN(write_none_flag, "write.none.flag", .what = "frame written after removal, no invalidation",
	.flush = FLUSH_NONE, .reader = READER_FENCE, .forbids = { 0, 0, 0, 0 },
	.arm = "allowed: an entry may be kept until it is invalidated (D8.17)",
	.riscv = "allowed: an entry may be kept until a fence of this hart (4.2.1)",
	.shows = O(MARK), .item = PROFILE_LEAF, .cpus = 2, .round = pattern_write);
