/* SPDX-License-Identifier: BSD-2-Clause */
/* bug=drop-publish: another CPU may walk the former contents of the table's page. */
#include <tests/harness/bug.h>

static bool bend(struct pt_event *e)
{
	return e->kind != PT_EV_PUBLISH;
}

static const struct bug bug = {
	.name = "drop-publish",
	.breaks = "no barrier between the contents of a table and the pointer to it",
	.detector = "order",
	.bend = bend,
};
BUG(drop_publish, bug);

TEST(bugs, drop_publish, .mutes_sanitizer = true,
     .claim = "a table that may be observed before its contents is noticed", .needs = NEED_RANGE,
     .rows = "S0-05", .could = COULD_TRACE)
{
	bug_check(t, &bug);
}
