/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/events/test_source.c - the test sources; see events.h. */
#include <lib/fail.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <tests/events/events.h>

struct answers answers;

void answers_begin(void)
{
	memset(&answers, 0, sizeof(answers));
}

static int answer(struct event *e, const struct event_answer *a)
{
	u64 n = answers.nr++;

	answers.wrong += event_pending(e);
	answers.refused += a->code != 0;
	if (n < ANSWERS_KEPT) {
		answers.last[n].event = e;
		answers.last[n].code = a->code;
		answers.last[n].report = a->report;
		snprintf(answers.last[n].why, sizeof(answers.last[n].why), "%s", a->why);
	}
	return a->code ? 1 : 0;
}

const struct event_source test_source = {
	.name = "test",
	.label = "test",
	.answer = answer,
	.leaves = true, /* removes power from memory that it brings */
};
EVENT_SOURCE(test, test_source);

const struct event_source quiet_source = {
	.name = "test-quiet",
	.label = "test-quiet",
	.answer = answer,
	.quiet = true,
};
EVENT_SOURCE(test_quiet, quiet_source);

void test_event(struct event *e, enum event_op op, const struct range *r)
{
	memset(e, 0, sizeof(*e));
	e->source = &test_source;
	e->op = op;
	e->nr_ranges = 1;
	e->range[0] = (struct event_range) { r->pa, r->len, r->node };
}

int test_event_run(struct test_run *t, struct event *e, struct why *why)
{
	answers_begin();
	CHECK(t, event_post(e));
	CHECK(t, event_pending(e));
	CHECK_EQ(t, event_run(), 1);
	CHECK(t, !event_pending(e));
	CHECK_EQ(t, answers.nr, 1);
	CHECK(t, answers.last[0].event == e);
	why->code = answers.last[0].code;
	snprintf(why->text, sizeof(why->text), "%s", answers.last[0].why);
	return why->code;
}
