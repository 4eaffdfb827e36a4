/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-09, S1-12: which regions of the kernel share tables. */
#include <tests/harness/util.h>

TEST(layout, no_shared_tables,
     .claim = "disjoint: no table maps two regions; shared: vmemmap and vmalloc share one on "
	      "purpose",
     .rows = "S0-09 S1-12")
{
	struct why why = { 0 };
	int shared = layout_check_sharing(&kpt, &why);

	CHECK_EQ(t, shared == 0, layout.disjoint);
	test_key(t, "placement=%s", layout.disjoint ? "disjoint" : "shared");
}
