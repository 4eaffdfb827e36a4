/* SPDX-License-Identifier: BSD-2-Clause */
/* V-02: a work runs once per post, in order, and a delayed one not early; so do events. */
#include <lib/string.h>
#include <tests/events/events.h>

#define LATER_MS 30
#define HOUR_MS 3600000

static struct work first, second, later;
static struct event add;
static u64 log[8], when_later;
static unsigned nr;
static u64 polls;
static bool again;

static void log_run(u64 who)
{
	if (nr < ARRAY_SIZE(log))
		log[nr] = who;
	nr++;
}

static void run_first(struct work *w)
{
	log_run(1);
	if (again) /* it may be posted again while it runs */
		log_run(10 + work_post(w));
	again = false;
	log_run(20 + event_run()); /* the consumer does not nest */
}

static void run_second(struct work *w)
{
	(void)w;
	log_run(2);
}

static void run_later(struct work *w)
{
	(void)w;
	when_later = clock_ns();
}

static void works_begin(void)
{
	first = (struct work) { .fn = run_first };
	second = (struct work) { .fn = run_second };
	later = (struct work) { .fn = run_later };
	nr = 0;
	when_later = 0;
}

TEST(events, works, .claim = "a work runs once for all posts before it began, in order",
     .rows = "V-02")
{
	static const u64 want[] = { 1, 11, 20, 2, 1, 20 };

	works_begin();
	again = true;
	CHECK(t, work_post(&first));
	CHECK(t, !work_post(&first));
	CHECK(t, work_post(&second));
	CHECK(t, event_waiting());
	event_run();
	CHECK_EQ(t, nr, ARRAY_SIZE(want));
	CHECK(t, !memcmp(log, want, sizeof(want)));
}

static bool later_ran(void *arg)
{
	(void)arg;
	return when_later != 0;
}

TEST(events, back_off, .claim = "a delayed work runs, and not before its time", .rows = "V-02")
{
	u64 since = clock_ns();

	works_begin();
	CHECK(t, work_post_after(&later, LATER_MS));
	CHECK(t, !work_post(&later));
	CHECK(t, events_wait(later_ran, NULL, HANG_MS));
	CHECK(t, when_later - since >= LATER_MS * 1000000ul);
}

static void poll_counts(void)
{
	polls++;
}

static const struct event_source polled = { .name = "polled",
					    .label = "polled",
					    .poll = poll_counts };
EVENT_SOURCE(polled, polled);

static bool polled_again(void *arg)
{
	return polls > *(const u64 *)arg;
}

TEST(events, time_set_back,
     .claim = "after a snapshot sets time back by an hour, neither delayed works nor polled "
	      "sources wait for that hour",
     .rows = "V-02")
{
	u64 before = polls;

	works_begin();
	work_time_passes(HOUR_MS);
	CHECK(t, events_wait(polled_again, &before, HANG_MS));
	CHECK(t, work_post_after(&later, LATER_MS));
	work_time_passes(-HOUR_MS);
	before = polls;
	CHECK(t, events_wait(later_ran, NULL, HANG_MS));
	CHECK(t, events_wait(polled_again, &before, HANG_MS));
}

static struct work of_machine;
static u64 ran;

static void run_of_machine(struct work *w)
{
	(void)w;
	ran++;
}

TEST(events, held,
     .claim = "events of the machine's devices wait until a running test ends; those of devices "
	      "that the test starts do not",
     .rows = "V-07")
{
	u64 before = ran;

	CHECK(t, work_held());
	work_init(&later, run_later);
	CHECK(t, !later.machine);
	of_machine.fn = run_of_machine;
	of_machine.machine = true;
	work_post(&of_machine); /* it runs after the test */
	event_run();
	CHECK_EQ(t, ran, before);
	CHECK(t, !event_waiting() || event_run() == 0);
	CHECK(t, !work_post(&of_machine));
}

TEST(events, once, .claim = "an outstanding event is not queued again; after its answer it may be",
     .rows = "V-02", .needs = NEED_RANGE)
{
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	test_event(&add, EVENT_REMOVE, &r);
	answers_begin();
	CHECK(t, event_post(&add));
	CHECK(t, !event_post(&add));
	CHECK_EQ(t, event_run(), 1);
	CHECK_EQ(t, event_run(), 0);
	CHECK(t, event_post(&add));
	CHECK_EQ(t, event_run(), 1);
	CHECK_EQ(t, answers.nr, 2);
	CHECK_EQ(t, answers.wrong, 0);
	range_reset(&r);
}
