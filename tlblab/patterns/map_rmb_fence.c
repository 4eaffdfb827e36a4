/* SPDX-License-Identifier: BSD-2-Clause */
/* A weaker writer: its barrier does not order stores. */
#include <tlblab/pattern.h>

PATTERN(map_rmb_fence, "map.rmb.fence", .what = "mapped, a barrier for loads, a flag",
	.writer = WRITER_RMB, .reader = READER_FENCE, .forbids = { 0, 0, 0, 0 },
	.arm = "allowed: the flag may be observed before the entry",
	.riscv = "allowed: the flag may be observed before the entry", .shows = O(FAULT),
	.item = PROFILE_NONE, .cpus = 2, .round = pattern_map_flag);
