// SPDX-License-Identifier: BSD-2-Clause
/*
 * S2-24: what an event source adds and wants back comes and goes as its policy says, each event is
 * answered once, and nothing is left.
 */
#include <tests/events/events.h>

TEST(events, add_remove,
     .claim = "an add and a removal by a device are each answered once, no trace", .rows = "S2-24",
     .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	struct event e;
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	digest_take(&before);
	test_event(&e, EVENT_ADD, &r);
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	CHECK_EQ(t, range_block(&r, 0)->state, BLOCK_ONLINE);
	CHECK_EQ(t, range_block(&r, 0)->zone, ZONE_MOVABLE);
	test_event(&e, EVENT_REMOVE, &r);
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	range_reset(&r);
}
