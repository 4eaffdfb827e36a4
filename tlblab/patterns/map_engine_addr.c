/* SPDX-License-Identifier: BSD-2-Clause */
/* A weaker reader: the flag is the address of the load. */
#include <tlblab/pattern.h>

PATTERN(map_engine_addr, "map.engine.addr", .what = "mapped, a flag that is the address",
	.near = "MP.RT.inv+dmb+addr, a stronger writer", .writer = WRITER_ENGINE,
	.reader = READER_ADDR,
	.forbids = { O(KEPT) | O(STUCK), O(FAULT) | O(KEPT) | O(STUCK), O(STUCK),
		     O(KEPT) | O(STUCK) },
	.arm = "published: forbidden with ETS, allowed without",
	.riscv = "derived: a failed walk may be kept until the fence (4.2.1), with Svvptc for a "
		 "time",
	.shows = O(FAULT), .item = PROFILE_NONE, .cpus = 2, .round = pattern_map_flag);
