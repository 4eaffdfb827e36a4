/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A control: the selected back end without its barriers, so the invalidation is issued, but not
 * awaited.  The readers keep their barriers.
 */
#include <tlblab/pattern.h>

static void weak(struct stress *s)
{
	lab_weak_begin();
	pattern_unmap_flag(s);
	lab_weak_end();
}

PATTERN(unmap_weak_flag, "unmap.weak.flag", .what = "no barrier around the invalidation",
	.flush = FLUSH_ALL, .reader = READER_FENCE, .forbids = { 0, 0, 0, 0 },
	.arm = "allowed: without a DSB the TLBI need not be complete (D8.17)",
	.riscv = "allowed, where a request may return early; a back end that fences itself shows "
		 "none",
	.shows = O(OLD), .item = PROFILE_LATE, .cpus = 2, .round = weak);
