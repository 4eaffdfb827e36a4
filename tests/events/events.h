/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/events/events.h - the source `test`: an emulated device that posts the events of a test and
 * records every answer.
 */
#pragma once
#include <mm/hotplug/event.h>
#include <tests/harness/util.h>

extern const struct event_source test_source;  /* with history */
extern const struct event_source quiet_source; /* without history, for thousands of events */

#define ANSWERS_KEPT 64
struct answers {
	u64 nr;    /* total */
	u64 wrong; /* an answer to an event that was not outstanding */
	u64 refused;
	struct {
		const struct event *event;
		int code;
		struct hotplug_report report;
		char why[160];
	} last[ANSWERS_KEPT]; /* the first ones, in order */
};
extern struct answers answers;
void answers_begin(void);

/* Fill an event of the test source for a range. */
void test_event(struct event *, enum event_op, const struct range *);
/* Post it and run the consumer.  Returns the code of its answer, with the sentence in `why`. */
int test_event_run(struct test_run *, struct event *, struct why *);
