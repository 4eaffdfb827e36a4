/* SPDX-License-Identifier: BSD-2-Clause */
/* A weaker reader: a control if a walk may begin early. */
#include <tlblab/pattern.h>

PATTERN(map_engine_rmb, "map.engine.rmb", .what = "mapped, a flag, a barrier for loads",
	.near = "MP.RT.inv+dmb+addr, by dmb ld", .writer = WRITER_ENGINE, .reader = READER_RMB,
	.forbids = { O(KEPT) | O(STUCK), O(FAULT) | O(KEPT) | O(STUCK), O(STUCK),
		     O(KEPT) | O(STUCK) },
	.arm = "derived: a walk may begin before the barrier; FEAT_ETS2 orders one that faults "
	       "behind it",
	.riscv = "derived: a failed walk may be kept until the fence (4.2.1), with Svvptc for a "
		 "time",
	.shows = O(FAULT), .item = PROFILE_NONE, .cpus = 2, .round = pattern_map_flag);
