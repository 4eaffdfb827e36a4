/* SPDX-License-Identifier: BSD-2-Clause */
/* bug=leaf-only: paging-structure caches may still point to a freed table. */
#include <tests/harness/bug.h>

static bool bend(struct pt_event *e)
{
	if (e->kind == PT_EV_TLBI)
		e->walk = false;
	return true;
}

static const struct bug bug = {
	.name = "leaf-only",
	.breaks = "only leaves are invalidated although a table was unlinked",
	.precedent = "B-32: last-level invalidation where a table is freed",
	.detector = "order",
	.bend = bend,
};
BUG(leaf_only, bug);

TEST(bugs, leaf_only, .mutes_sanitizer = true,
     .claim = "an invalidation of leaves alone although a table was unlinked is noticed",
     .needs = NEED_RANGE, .rows = "S0-34", .could = COULD_TRACE)
{
	bug_check(t, &bug);
}
