/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page migration relies on this: after the invalidation no store reaches the frame.  CPUs with
 * the errata that need a second TLBI fail it (Cortex-A76 1286807, Cortex-A55 2441007,
 * Cortex-A510 2441009, CVE-2025-10263).
 */
#include <tlblab/pattern.h>

PATTERN(store_all_frame, "store.all.frame",
	.what = "stores through the entry, invalidated: none arrives later", .flush = FLUSH_ALL,
	.forbids = { O(MARK), O(MARK), O(MARK), O(MARK) },
	.arm = "derived: the DSB after the TLBI waits for accesses that used the entry (D8.17)",
	.riscv = "derived: the hart's own stores are ordered before its answer; of SBI it is "
		 "relied on "
		 "(LIMITS.md)",
	.item = PROFILE_LOCAL, .cpus = 2, .round = pattern_store);
