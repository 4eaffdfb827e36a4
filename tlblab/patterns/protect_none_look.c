/* SPDX-License-Identifier: BSD-2-Clause */
/* A control.  The rights change and not the frame, which would violate break-before-make. */
#include <tlblab/pattern.h>

PATTERN(protect_none_look, "protect.none.look", .what = "read-only now, no invalidation",
	.near = "CoWT+dsb-isb, by rights", .flush = FLUSH_NONE, .forbids = { 0, 0, 0, 0 },
	.arm = "published: allowed: an entry may be kept until it is invalidated (D8.17)",
	.riscv = "allowed: an entry may be kept until a fence of this hart (4.2.1)",
	.shows = O(OLD), .item = PROFILE_LEAF, .cpus = 1, .round = pattern_protect);
