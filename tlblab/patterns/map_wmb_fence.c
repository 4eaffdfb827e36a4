/* SPDX-License-Identifier: BSD-2-Clause */
#include <tlblab/pattern.h>

PATTERN(map_wmb_fence, "map.wmb.fence", .what = "mapped, a barrier for stores, a flag",
	.near = "MP.RT.inv+dmb+addr, a stronger reader", .writer = WRITER_WMB,
	.reader = READER_FENCE,
	.forbids = { O(FAULT) | O(KEPT) | O(STUCK), O(FAULT) | O(KEPT) | O(STUCK), O(STUCK),
		     O(KEPT) | O(STUCK) },
	.arm = "derived: the store is ordered before the flag, the walk after the reader's isb",
	.riscv = "derived: a failed walk may be kept until the fence (4.2.1), with Svvptc for a "
		 "time",
	.item = PROFILE_NEGATIVE, .cpus = 2, .round = pattern_map_flag);
