/* SPDX-License-Identifier: BSD-2-Clause */
/* bug=drop-wait: another CPU may still use memory that is being freed. */
#include <tests/harness/bug.h>

static bool bend(struct pt_event *e)
{
	return e->kind != PT_EV_WAIT;
}

static const struct bug bug = {
	.name = "drop-wait",
	.breaks = "pages are freed before the invalidation is complete",
	.precedent = "B-03: the wait belongs before the free",
	.detector = "order",
	.bend = bend,
};
BUG(drop_wait, bug);

TEST(bugs, drop_wait, .mutes_sanitizer = true,
     .claim = "a free before the invalidation is complete is noticed", .needs = NEED_RANGE,
     .rows = "S0-34", .could = COULD_TRACE)
{
	bug_check(t, &bug);
}
