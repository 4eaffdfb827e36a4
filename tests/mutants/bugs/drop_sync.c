/* SPDX-License-Identifier: BSD-2-Clause */
/* bug=drop-sync: a walk after the invalidation may still read the old entry. */
#include <tests/harness/bug.h>

static bool bend(struct pt_event *e)
{
	return e->kind != PT_EV_SYNC;
}

static const struct bug bug = {
	.name = "drop-sync",
	.breaks = "no barrier between the stores to the tables and the invalidation",
	.detector = "order",
	.bend = bend,
};
BUG(drop_sync, bug);

TEST(bugs, drop_sync, .mutes_sanitizer = true,
     .claim = "an invalidation that may overtake the stores is noticed", .needs = NEED_RANGE,
     .rows = "S0-50", .could = COULD_TRACE)
{
	bug_check(t, &bug);
}
