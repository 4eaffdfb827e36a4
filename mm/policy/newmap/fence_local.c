/* SPDX-License-Identifier: BSD-2-Clause */
/* newmap=fence-local - the CPU that maps orders its own walks; any other that faults invalidates.
 */
#include <mm/policy/policy.h>

static const struct newmap_scheme fence_local = {
	.s = { .name = "fence-local",
	       .claim = "the CPU that maps a page uses it without a fault, any other after one "
			"retry",
	       .linux_peer = "__set_pte_complete() of arm64, update_mmu_cache() of riscv",
	       .promises = PROMISE_USED | PROMISE_OWN },
};
NEWMAP_SCHEME(fence_local, fence_local);
