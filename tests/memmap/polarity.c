/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-33: a removal frees each frame of the memmap to its origin, and no frame of the linear map.
 */
#include <lib/string.h>
#include <tests/harness/util.h>

static bool polarity_is_free(const struct pt_event *e)
{
	return e->kind == PT_EV_PAGE_FREE && e->provenance != PAGE_TABLE;
}

TEST(memmap, backing_polarity,
     .claim = "each frame of the memmap is freed to its owner, no frame of the linear map is freed",
     .rows = "S0-33 S0-36 S0-37 X-04", .needs = NEED_RANGE, .params = memmap_names,
     .could = COULD_YES /* frames are counted */)
{
	bool host = !strcmp(t->param, "host");
	u64 freed = 0, wrong = 0, want, before;
	struct range r;

	if (!range_get(t, &r, 1, t->param))
		return;
	before = buddy_free_total();
	if (!range_add(t, &r))
		return;
	want = memmap_bytes(block_pages()) / page_size();
	record_begin(&recorded, polarity_is_free);
	range_remove(t, &r);
	record_end();
	for (u32 i = 0; i < recorded.nr; i++) {
		bool inside = recorded.ev[i].pa - r.pa < r.len;

		freed += recorded.ev[i].n;
		wrong += recorded.ev[i].provenance != (host ? PAGE_BUDDY : PAGE_ALTMAP) ||
			 inside == host;
	}
	CHECK_EQ(t, recorded.lost, 0);
	CHECK_EQ(t, freed, want);
	CHECK_EQ(t, wrong, 0);
	CHECK_EQ(t, buddy_free_total(), before);
	range_reset(&r);
}
