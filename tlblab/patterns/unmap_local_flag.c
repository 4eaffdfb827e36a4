/* SPDX-License-Identifier: BSD-2-Clause */
/* A control: the invalidation reaches only the CPU that executed it. */
#include <tlblab/pattern.h>

PATTERN(unmap_local_flag, "unmap.local.flag", .what = "removed, a local invalidation, a flag",
	.flush = FLUSH_LOCAL, .reader = READER_FENCE, .forbids = { 0, 0, 0, 0 },
	.arm = "allowed: TLBI without IS affects only this PE (D8.17)",
	.riscv = "allowed: a fence affects only this hart (4.2.1)", .shows = O(OLD),
	.item = PROFILE_LOCAL, .cpus = 2, .round = pattern_unmap_flag);
