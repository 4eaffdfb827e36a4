/* SPDX-License-Identifier: BSD-2-Clause */
/* Without context synchronisation the walk may have begun before the barrier completed. */
#include <tlblab/pattern.h>

PATTERN(map_sync_self, "map.sync.self", .what = "mapped, a barrier and no isb, own load",
	.near = "CoWT.inv+dsb", .writer = WRITER_SYNC, .reader = READER_SELF,
	.forbids = { O(KEPT) | O(STUCK), O(FAULT) | O(KEPT) | O(STUCK), O(STUCK),
		     O(KEPT) | O(STUCK) },
	.arm = "published: a fault is allowed; derived: not with FEAT_ETS2, which orders the walk "
	       "after the DSB",
	.riscv = "derived: a failed walk may be kept until the fence (4.2.1), with Svvptc for a "
		 "time",
	.shows = O(FAULT), .item = PROFILE_NONE, .cpus = 1, .round = pattern_map_self);
