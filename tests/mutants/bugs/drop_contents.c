/* SPDX-License-Identifier: BSD-2-Clause */
/* bug=drop-contents: another CPU may read the former contents of a frame. */
#include <tests/harness/bug.h>

static bool bend(struct pt_event *e)
{
	return e->kind != PT_EV_PUBLISH_DATA;
}

static const struct bug bug = {
	.name = "drop-contents",
	.breaks = "no barrier between the contents of a frame and the leaf that maps it",
	.detector = "order",
	.bend = bend,
};
BUG(drop_contents, bug);

TEST(bugs, drop_contents, .mutes_sanitizer = true,
     .claim = "a leaf that may be observed before its frame's contents is noticed",
     .needs = NEED_RANGE, .rows = "S0-05", .could = COULD_TRACE)
{
	bug_check(t, &bug);
}
