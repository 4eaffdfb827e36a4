/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Break, invalidate, make, a flag.  Afterwards no CPU may read the old frame or fault, and no
 * CPU that read the new frame may ever read the old one again: the new entry exists only when no
 * CPU can use the old one.
 */
#include <tlblab/pattern.h>

static struct watch watch NOINIT;

static void one_round(struct stress *s)
{
	bool mapped;

	if (!pattern_warm(s))
		return;
	pattern_watch(s, &watch, true);
	lab_unmap(pattern_page(s), s->pattern->flush);
	mapped = pattern_map(s, FRAME_NEW);
	watch_end(&watch);
	if (!mapped)
		return;
	pattern_watched(s, &watch);
	lab_unmap(pattern_page(s), FLUSH_ALL);
}

PATTERN(replace_all_flag, "replace.all.flag", .what = "break, invalidate, make, a flag",
	.near = "MP.BBM1+dsb-tlbiis-dsb-dsb+dsb-isb, both its outcomes", .flush = FLUSH_ALL,
	.writer = WRITER_ENGINE, .reader = READER_FENCE,
	.forbids = { O(OLD) | O(BACK) | O(FAULT) | O(KEPT) | O(STUCK),
		     O(OLD) | O(BACK) | O(FAULT) | O(KEPT) | O(STUCK), O(OLD) | O(BACK) | O(STUCK),
		     O(OLD) | O(BACK) | O(KEPT) | O(STUCK) },
	.arm = "published: neither the old frame nor an abort",
	.riscv = "derived: as unmap.all.flag and map.engine.fence", .item = PROFILE_LOCAL,
	.cpus = 2, .round = one_round);
