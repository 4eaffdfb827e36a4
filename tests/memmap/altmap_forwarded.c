/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-41: the placement of the struct pages reaches the code that maps them.  One patch did not pass
 * the parameter on, and the memmap was silently allocated from old memory.
 */
#include <tests/harness/util.h>

static const char *const self_hosted[] = { "block", "device", NULL };

/* Count pages of memmap that are elsewhere: struct pages of 64 bytes belong, in order, at the front
 * of memory that is added alone. */
static u64 elsewhere(paddr_t front, u64 pages)
{
	u64 wrong = 0;

	for (u64 i = 0; i < pages * 64 / page_size(); i++)
		wrong += pt_translate(&kpt, memmap_va(front >> page_shift()) + i * page_size()) !=
			 front + i * page_size();
	return wrong;
}

TEST(memmap, forwarded,
     .claim = "every page of a self-hosted memmap is a frame at the front of the memory that it "
	      "describes",
     .rows = "S1-41", .needs = NEED_RANGE, .params = self_hosted)
{
	bool each = t->param_at == 0;
	u64 unit, wrong = 0, taken = 0;
	struct range r;

	if (!range_get(t, &r, 2, t->param) || !range_add(t, &r))
		return;
	unit = each ? layout.block_bytes : r.len;
	for (u64 at = 0; at < r.len; at += unit)
		wrong += elsewhere(r.pa + at, unit / page_size());
	CHECK_EQ(t, wrong, 0);
	for (u64 i = 0; i < range_blocks(&r); i++)
		taken += range_block(&r, i)->altmap_pages;
	CHECK_EQ(t, taken, r.len / page_size() * 64 / page_size());
	range_remove(t, &r);
	range_reset(&r);
}
