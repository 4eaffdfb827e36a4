/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A control: the neighbouring page is invalidated.  An exact invalidation keeps the entry; a
 * coarse one hides that the address was wrong.
 */
#include <tlblab/pattern.h>

static void beside(struct stress *s)
{
	vaddr_t page;

	if (!pattern_warm(s))
		return;
	page = pattern_page(s);
	lab_unmap(page, FLUSH_NONE);
	lab_invalidate(page == s->lab.va ? page + page_size() : page - page_size(), 1, 0, true);
	pattern_observe(s, cpus_online(), false);
}

PATTERN(unmap_beside_look, "unmap.beside.look", .what = "the page beside it was invalidated",
	.flush = FLUSH_NONE, .reader = READER_FENCE, .forbids = { 0, 0, 0, 0 },
	.arm = "allowed: only the named address is invalidated (D8.17)",
	.riscv = "allowed: only the named address is invalidated (4.2.1)", .shows = O(OLD),
	.item = PROFILE_OTHER_VA, .cpus = 1, .round = beside);
