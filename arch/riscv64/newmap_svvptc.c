/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/newmap_svvptc.c - newmap=svvptc: no fence when a page is mapped, and none when a
 * hart faults on it.  A store that makes an entry valid is visible to implicit accesses within a
 * bounded time ("Svvptc"), so the retry alone ends, but the first retry may fault again.  The limit
 * for stacks in mm/policy/newmap/left_to_faults.c applies to this scheme, too.
 */
#include <lib/printf.h>
#include <mm/kernel/kpt.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static bool bounded(char *reason, size_t size)
{
	bool all = kpt.caps & PT_CAP_NEW_BOUNDED;

	if (!all)
		snprintf(reason, size, "not every hart has Svvptc, so a retry may never end");
	return all;
}

static const struct newmap_scheme svvptc = {
	.s = { .name = "svvptc",
	       .claim = "no hart fences, and each uses the page after retries",
	       .linux_peer = "new_vmalloc_check with Svvptc, a nop for its fence (503638e0babf)",
	       .promises = PROMISE_USED },
	.usable = bounded,
	.unfenced = true,
	.bounded = true,
};
NEWMAP_SCHEME(svvptc, svvptc);
