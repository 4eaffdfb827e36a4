/* SPDX-License-Identifier: BSD-2-Clause */
/* The weakest reader: the load may be performed before that of the flag. */
#include <tlblab/pattern.h>

PATTERN(map_engine_po, "map.engine.po", .what = "mapped, a flag, program order",
	.near = "MP.RT.inv+dmb+po, a stronger writer", .writer = WRITER_ENGINE, .reader = READER_PO,
	.forbids = { O(KEPT) | O(STUCK), O(KEPT) | O(STUCK), O(STUCK), O(KEPT) | O(STUCK) },
	.arm = "published: allowed; nothing orders the walk after the flag",
	.riscv = "derived: a failed walk may be kept until the fence (4.2.1), with Svvptc for a "
		 "time",
	.shows = O(FAULT), .item = PROFILE_NONE, .cpus = 2, .round = pattern_map_flag);
