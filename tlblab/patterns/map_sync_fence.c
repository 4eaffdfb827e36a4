/* SPDX-License-Identifier: BSD-2-Clause */
#include <tlblab/pattern.h>

PATTERN(map_sync_fence, "map.sync.fence", .what = "mapped, a barrier and no isb, a flag",
	.near = "MP.RT.inv+dmb+addr, both sides stronger", .writer = WRITER_SYNC,
	.reader = READER_FENCE,
	.forbids = { O(FAULT) | O(KEPT) | O(STUCK), O(FAULT) | O(KEPT) | O(STUCK), O(STUCK),
		     O(KEPT) | O(STUCK) },
	.arm = "derived: the isb affects only the writer; the dsb completes the store",
	.riscv = "derived: a failed walk may be kept until the fence (4.2.1), with Svvptc for a "
		 "time",
	.item = PROFILE_NEGATIVE, .cpus = 2, .round = pattern_map_flag);
