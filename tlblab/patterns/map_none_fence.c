/* SPDX-License-Identifier: BSD-2-Clause */
/* The weakest writer: no barrier. */
#include <tlblab/pattern.h>

PATTERN(map_none_fence, "map.none.fence", .what = "mapped, no barrier, a flag",
	.writer = WRITER_NONE, .reader = READER_FENCE, .forbids = { 0, 0, 0, 0 },
	.arm = "allowed: the flag may be observed before the entry",
	.riscv = "allowed: the flag may be observed before the entry", .shows = O(FAULT),
	.item = PROFILE_NONE, .cpus = 2, .round = pattern_map_flag);
