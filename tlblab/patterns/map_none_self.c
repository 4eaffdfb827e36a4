/* SPDX-License-Identifier: BSD-2-Clause */
/* Program order only. */
#include <tlblab/pattern.h>

PATTERN(map_none_self, "map.none.self", .what = "mapped, no barrier, own load", .near = "CoWT.inv",
	.writer = WRITER_NONE, .reader = READER_SELF,
	.forbids = { O(STUCK), O(STUCK), O(STUCK), O(KEPT) | O(STUCK) },
	.arm = "published: a fault is allowed; derived: not after the DSB of an invalidation",
	.riscv = "derived: a failed walk may be kept until the fence (4.2.1), with Svvptc for a "
		 "time",
	.shows = O(FAULT), .item = PROFILE_NONE, .cpus = 1, .round = pattern_map_self);
