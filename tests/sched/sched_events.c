/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-07: a device requests an add while its earlier memory is being removed, in every order that the
 * bound allows: the event waits, at whatever time it is posted.
 */
#include <tests/events/events.h>
#include <tests/harness/explore.h>

#define MOST 1000
#define BOUND 3

static struct {
	struct range r;
	struct event remove, add, other;
	struct digest want;
	u64 taken;
} scene NOINIT;

static void consume(void *arg)
{
	(void)arg;
	event_run();
}

static void post(void *arg)
{
	(void)arg;
	scene.taken += event_post(&scene.add);
}

static void post_other(void *arg)
{
	(void)arg;
	scene.taken += event_post(&scene.other);
}

/* The source has added the memory, and its removal is queued. */
static void setup(void *arg)
{
	(void)arg;
	range_reset(&scene.r);
	test_event(&scene.add, EVENT_ADD, &scene.r);
	test_event(&scene.remove, EVENT_REMOVE, &scene.r);
	test_event(&scene.other, EVENT_REMOVE, &scene.r);
	scene.other.source = scene.add.source = scene.remove.source = &quiet_source;
	event_post(&scene.add);
	event_run();
	answers_begin();
	scene.taken = event_post(&scene.remove);
}

static const char *wrong_digest(void)
{
	struct digest now;

	digest_take(&now);
	return digest_compare(&scene.want, &now, NULL) ? "the digest differs" : NULL;
}

static const char *sched_events_check(void *arg)
{
	(void)arg;
	event_run(); /* events that were posted after the schedule's consumer had ended */
	if (scene.taken != 2 || answers.nr != 2 || answers.wrong)
		return "an event was lost, or answered twice";
	if (answers.last[0].event != &scene.remove || answers.last[0].code)
		return "the removal was not the first, or was refused";
	if (answers.last[1].event != &scene.add || answers.last[1].code)
		return "the add was refused";
	return wrong_digest();
}

static bool begin(struct test_run *t, unsigned actors)
{
	if (!explore_can(t, actors) || !range_get(t, &scene.r, 1, "block"))
		return false;
	setup(NULL); /* also run here, so that permanent tables exist */
	event_run();
	setup(NULL);
	event_run();
	setup(NULL);
	digest_take(&scene.want);
	event_run();
	return true;
}

static void explore_two(struct test_run *t, void (*one)(void *), void (*other)(void *),
			const char *(*judge)(void *), unsigned most)
{
	struct explore e = { .actors = 2,
			     .run = { one, other },
			     .setup = setup,
			     .check = judge,
			     .bound = BOUND,
			     .most = most,
			     .sure = explore_sure(2) };

	if (!begin(t, 2))
		return;
	explore(t, &e);
	event_run();
	range_reset(&scene.r);
}

TEST(sched, event_during_remove,
     .claim = "an add that a device posts at any point of a removal is executed after it",
     .rows = "V-07 X-01", .needs = NEED_RANGE | NEED_SMP)
{
	explore_two(t, consume, post, sched_events_check,
		    (unsigned)(MOST * layout.section_bytes / layout.block_bytes));
}

/* Two producers post at once: both events are accepted, in either order. */
static const char *check_both(void *arg)
{
	(void)arg;
	event_run();
	if (scene.taken != 3 || answers.nr != 3 || answers.wrong)
		return "an event was lost, or answered twice";
	if (answers.last[0].event != &scene.remove || answers.last[0].code)
		return "the first event was not answered first";
	return NULL;
}

TEST(sched, two_posts, .claim = "of two events that are posted at once none is lost",
     .rows = "V-07", .needs = NEED_RANGE | NEED_SMP)
{
	explore_two(t, post, post_other, check_both, MOST);
}

/* Exactly one of the posts is accepted, no matter which. */
static const char *check_one(void *arg)
{
	(void)arg;
	event_run();
	if (scene.taken != 2 || answers.nr != 2 || answers.wrong)
		return "an event was lost, accepted twice, or answered twice";
	return answers.last[1].event == &scene.add ? NULL : "another event was answered";
}

TEST(sched, one_event_twice,
     .claim = "if two CPUs post one event at once, one post is accepted and answered once",
     .rows = "V-07", .needs = NEED_RANGE | NEED_SMP)
{
	explore_two(t, post, post, check_one, MOST);
}
