/* SPDX-License-Identifier: BSD-2-Clause */
/* A control: stores through the old entry still reach the frame. */
#include <tlblab/pattern.h>

PATTERN(store_none_frame, "store.none.frame", .what = "stores through the entry, no invalidation",
	.flush = FLUSH_NONE, .forbids = { 0, 0, 0, 0 },
	.arm = "allowed: an entry may be kept until it is invalidated (D8.17)",
	.riscv = "allowed: an entry may be kept until a fence of this hart (4.2.1)",
	.shows = O(MARK), .item = PROFILE_LOCAL, .cpus = 2, .round = pattern_store);
