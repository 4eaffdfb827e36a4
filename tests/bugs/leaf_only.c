/* SPDX-License-Identifier: BSD-2-Clause */
/* bug=leaf-only: walk caches may still lead to a freed table. */
#include <tests/harness/bug.h>

static bool bend(struct pt_event *e)
{
	if (e->kind == PT_EV_TLBI)
		e->walk = false;
	return true;
}

static const struct bug bug = {
	.name = "leaf-only",
	.breaks = "only leaves are invalidated where a table was unhooked",
	.precedent = "B-32: last-level invalidation where a table goes",
	.detector = "order",
	.bend = bend,
};
BUG(leaf_only, bug);

TEST(bugs, leaf_only, .mutes_sanitizer = true,
     .claim = "an invalidation of leaves alone where a table was unhooked is noticed",
     .needs = NEED_RANGE, .rows = "S0-34", .could = COULD_TRACE)
{
	bug_check(t, &bug);
}
