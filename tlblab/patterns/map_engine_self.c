/* SPDX-License-Identifier: BSD-2-Clause */
#include <tlblab/pattern.h>

PATTERN(map_engine_self, "map.engine.self", .what = "mapped, own load", .near = "CoWT.inv+dsb-isb",
	.writer = WRITER_ENGINE, .reader = READER_SELF,
	.forbids = { O(FAULT) | O(KEPT) | O(STUCK), O(FAULT) | O(KEPT) | O(STUCK),
		     O(FAULT) | O(KEPT) | O(STUCK), O(FAULT) | O(KEPT) | O(STUCK) },
	.arm = "published: forbidden; no failed walk is kept, and the walk begins after the isb",
	.riscv = "derived: sfence.vma between the store and the walk (4.2.1)",
	.item = PROFILE_NEGATIVE, .cpus = 1, .round = pattern_map_self);
