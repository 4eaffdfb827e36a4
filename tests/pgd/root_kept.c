/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-28, X-05: the root table through a cycle of hot-add and hot-remove. */
#include <arch/arch.h>
#include <lib/init.h>
#include <tests/harness/root.h>
#include <tests/harness/util.h>

static bool is_root_set(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && e->pt == &kpt && e->level == kpt.fmt->levels - 1;
}

TEST(pgd, root_kept,
     .claim = "a cycle of page leaves changes no entry of a constant root, and only adds entries "
	      "to others; a root of leaves is emptied and kept",
     .rows = "S0-28 X-05 S1-33", .needs = NEED_RANGE, .could = COULD_YES /* stores are counted */)
{
	static struct root_view before NOINIT;
	u32 root_clears = 0, root_sets = 0;
	struct range r;

	if (!range_get(t, &r, 1, "host"))
		return;
	r.opts.leaf = 0;
	root_view_take(&before);
	record_begin(&recorded, is_root_set);
	if (range_add(t, &r))
		range_remove(t, &r);
	record_end();
	for (u32 i = 0; i < recorded.nr; i++) {
		root_clears += !recorded.ev[i].new;
		root_sets += recorded.ev[i].new != 0;
	}
	CHECK_EQ(t, arch_current_root(), kpt.root);
	CHECK_EQ(t, root_view_changed(&before), 0);
	/* entries of a root with leaves are cleared, but the root stays */
	CHECK_EQ(t, root_clears != 0, root_rule() == ROOT_WITH_LEAVES);
	if (root_rule() != ROOT_FILLED)
		CHECK_EQ(t, root_view_filled(&before), 0);
	if (root_rule() == ROOT_CONSTANT)
		CHECK_EQ(t, root_sets, 0);
	range_reset(&r);
}
