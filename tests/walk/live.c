// SPDX-License-Identifier: BSD-2-Clause
/* S0-09, S0-39, S0-28: the live tree seen by an independent reading of the tables' geometry. */
#include <arch/arch.h>
#include <mm/vmalloc.h>
#include <tests/util.h>

TEST(walk, linear_round_trip,
     .claim = "random addresses of the linear map translate to themselves plus the offset",
     .rows = "S0-39 S1-35")
{
	u64 wrong = 0;

	for (unsigned node = 0; node < NODES_MAX; node++) {
		struct page *p = page_alloc(node, ZONE_NORMAL, 4, "round_trip");

		if (!p)
			continue;
		for (int i = 0; i < 1000; i++) {
			paddr_t pa = page_pa(p) + rng_below(&t->rng, page_size() << 4);

			wrong += pt_translate(&kpt, linear_va(pa)) != pa;
			wrong += linear_pa(linear_va(pa)) != pa;
			wrong += page_to_pfn(pa_page(pa)) != pa >> page_shift();
		}
		page_free(p, 4);
	}
	CHECK_EQ(t, wrong, 0);
}

TEST(layout, no_shared_tables,
     .claim = "disjoint: no table serves two regions; shared: vmemmap and vmalloc share one, on "
	      "purpose",
     .rows = "S0-09 S1-12")
{
	struct why why = { 0 };
	int shared = layout_check_sharing(&kpt, &why);

	CHECK_EQ(t, shared == 0, layout.disjoint);
	test_key(t, "placement=%s", layout.disjoint ? "disjoint" : "shared");
}

TEST(pgd, root_kept,
     .claim = "a cycle of page leaves changes no root entry where roots are constant, adds only "
	      "elsewhere; a root of leaves is emptied and kept",
     .rows = "S0-28 X-05 S1-33", .needs = NEED_RANGE, .could = COULD_YES /* stores are counted */)
{
	struct range r;
	u32 root_clears = 0, root_sets = 0;

	if (!range_get(t, &r, 1, "host"))
		return;
	r.opts.leaf = 0;
	record_begin(&recorded, NULL);
	if (range_add(t, &r))
		range_remove(t, &r);
	record_end();
	for (u32 i = 0; i < recorded.nr; i++)
		if (recorded.ev[i].kind == PT_EV_SET &&
		    recorded.ev[i].level == kpt.fmt->levels - 1) {
			root_clears += !recorded.ev[i].new;
			root_sets += recorded.ev[i].new != 0;
		}
	/* a root that holds leaves loses entries, and stays */
	CHECK_EQ(t, root_clears != 0, !kpt.root_append && !kpt.root_constant);
	CHECK_EQ(t, arch_current_root(), kpt.root);
	if (kpt.root_constant)
		CHECK_EQ(t, root_sets, 0);
	range_reset(&r);
}
