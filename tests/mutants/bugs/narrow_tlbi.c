/* SPDX-License-Identifier: BSD-2-Clause */
/* bug=narrow-tlbi: all pages but the first stay in the TLBs. */
#include <tests/harness/bug.h>

static bool bend(struct pt_event *e)
{
	if (e->kind == PT_EV_TLBI && e->len)
		e->len = page_size();
	return true;
}

static const struct bug bug = {
	.name = "narrow-tlbi",
	.breaks = "the invalidation covers the first page only",
	.precedent = "B-03: one ranged flush where the range is easily wrong",
	.detector = "order",
	.bend = bend,
};
BUG(narrow_tlbi, bug);

TEST(bugs, narrow_tlbi, .mutes_sanitizer = true,
     .claim = "an invalidation that is narrower than the cleared range is noticed",
     .needs = NEED_RANGE, .rows = "S0-50", .could = COULD_TRACE)
{
	bug_check(t, &bug);
}
