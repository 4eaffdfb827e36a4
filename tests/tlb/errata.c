// SPDX-License-Identifier: BSD-2-Clause
/* Errata of completion: a row that is in force costs one more broadcast a gather, and no more. */
#include <arch/arch.h>
#include <tests/util.h>

TEST(tlb, errata_repeat,
     .claim = "with the repeat-TLBI row in force (errata=+repeat-tlbi) each gather costs one more",
     .rows = "S0-35", .needs = NEED_RANGE | NEED_SMP, .could = COULD_TRACE)
{
	const struct tlb_scheme *as_booted = tlb_selected();
	struct range r;

	if (!arch_errata_repeat()) {
		test_skip(t, "no CPU here needs a row of errata; errata=+NAME forces one");
		return;
	}
	if (!range_get(t, &r, 1, "block"))
		return;
	tlb_select(tlb_scheme_find("full", NULL));
	if (range_add(t, &r)) {
		range_remove(t, &r);
		CHECK_EQ(t, r.report.tlbi_ops, 2 * r.report.waits);
	}
	tlb_select(as_booted);
	range_reset(&r);
}
