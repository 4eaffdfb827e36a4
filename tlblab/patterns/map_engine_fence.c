/* SPDX-License-Identifier: BSD-2-Clause */
#include <tlblab/pattern.h>

PATTERN(map_engine_fence, "map.engine.fence", .what = "mapped, a flag, dsb-isb",
	.near = "MP.RT.inv+dmb+addr, both sides stronger", .writer = WRITER_ENGINE,
	.reader = READER_FENCE,
	.forbids = { O(FAULT) | O(KEPT) | O(STUCK), O(FAULT) | O(KEPT) | O(STUCK), O(STUCK),
		     O(KEPT) | O(STUCK) },
	.arm = "derived: the walk begins after the isb, and no failed walk is kept (D8.17)",
	.riscv = "derived: a failed walk may be kept until the fence (4.2.1), with Svvptc for a "
		 "time",
	.item = PROFILE_NEGATIVE, .cpus = 2, .round = pattern_map_flag);
