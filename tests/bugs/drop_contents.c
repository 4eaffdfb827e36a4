/* SPDX-License-Identifier: BSD-2-Clause */
/* bug=drop-contents: another CPU may see the former content of a frame. */
#include <tests/harness/bug.h>

static bool bend(struct pt_event *e)
{
	return e->kind != PT_EV_CONTENTS;
}

static const struct bug bug = {
	.name = "drop-contents",
	.breaks = "no barrier between what a frame holds and the leaf that shows it",
	.detector = "order",
	.bend = bend,
};
BUG(drop_contents, bug);

TEST(bugs, drop_contents, .mutes_sanitizer = true,
     .claim = "a leaf that may be seen before its frame's contents is noticed", .needs = NEED_RANGE,
     .rows = "S0-05", .could = COULD_TRACE)
{
	bug_check(t, &bug);
}
