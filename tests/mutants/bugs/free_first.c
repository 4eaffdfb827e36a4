/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bug=free-first: tables and frames are freed, then the invalidation is issued.
 *
 * The invalidation of a removal is delayed until pages were freed; then everything is invalidated,
 * so that no stale entry stays.
 */
#include <tests/harness/bug.h>

static struct pt *held; /* its invalidation is delayed */
static bool late;       /* ... and is being issued */
static unsigned frees;

static void begin(void)
{
	held = NULL;
	late = false;
	frees = 0;
}

static bool bend(struct pt_event *e)
{
	if (late || (e->kind != PT_EV_TLBI && e->kind != PT_EV_SYNC && e->kind != PT_EV_WAIT))
		return true;
	if (e->pt != &kpt)
		return true;
	held = &kpt;
	frees = 0; /* those before belong to an earlier operation */
	return false;
}

static void after(const struct pt_event *e)
{
	if (e->kind != PT_EV_FRAME_FREE || !held || late || ++frees < 2)
		return; /* at the second frame, all other taps have seen the first */
	late = true;
	tlb_invalidate(held, &(struct pt_inval) { .global = true, .walk = true });
	late = false;
	held = NULL;
	frees = 0;
}

static const struct bug bug = {
	.name = "free-first",
	.breaks = "pages are freed before the entries that may still reach them are invalidated",
	.precedent = "B-03: backing pages freed inside the loop, one flush at the end",
	.detector = "order",
	.bend = bend,
	.after = after,
	.begin = begin,
};
BUG(free_first, bug);

TEST(bugs, free_first, .mutes_sanitizer = true,
     .claim = "a free before the invalidation is noticed", .rows = "S0-34", .needs = NEED_RANGE,
     .could = COULD_TRACE)
{
	bug_check(t, &bug);
}
