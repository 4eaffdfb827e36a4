/* SPDX-License-Identifier: BSD-2-Clause */
/* inject.c - which occurrence fails, which ones are counted and which functions are called; one
 * injection at a time. */
#include "taps.h"
#include <lib/fail.h>
#include <mm/pt/taps/inject.h>

#define ABOUT 0x1234u
#define MAY_FAIL (FAIL_LOCK + 1) /* points that may; the others are for schedules */

static struct {
	u64 steps[64];
	unsigned nr_steps, asked, asked_events, bends, afters;
	bool accepts, swallows;
} seen;

static void step(u64 nr)
{
	seen.steps[seen.nr_steps++] = nr;
}

static bool mine(enum fail_point point, u64 about)
{
	seen.asked++;
	seen.asked_events += point == FAIL_POINTS;
	WANT(about == (point == FAIL_POINTS ? 0 : ABOUT));
	return seen.accepts;
}

static bool also(enum fail_point point, u64 about)
{
	return point == FAIL_TABLE && about == ABOUT;
}

static bool bend(struct pt_event *e)
{
	seen.bends++;
	e->duty = 5;
	return !seen.swallows;
}

static void after(const struct pt_event *e)
{
	WANT(e->kind == PT_EV_WAIT);
	seen.afters++;
}

static void begin(const struct inject *how)
{
	struct inject given = *how;

	memset(&seen, 0, sizeof(seen));
	seen.accepts = true;
	WANT(!inject_on());
	inject_begin(&given);
	memset(&given, 0xff, sizeof(given)); /* it has a copy */
	WANT(inject_on());
}

static struct inject_count end(void)
{
	struct inject_count c;

	memset(&c, 0xa5, sizeof(c));
	inject_end(&c);
	WANT(!inject_on() && !pt_tapped());
	return c;
}

/* The n-th of the points that count, or from the n-th on; by_point has the number of each. */
static void nth(const struct inject *how, unsigned first, unsigned last)
{
	static const enum fail_point met[] = { FAIL_PAGE, FAIL_LOCK, FAIL_PAGE, FAIL_PLAN,
					       FAIL_LOCK };
	struct inject_count c, wanted = { 0 };

	begin(how);
	for (unsigned i = 0; i < ARRAY_SIZE(met); i++) {
		bool counts = !how->points || how->points & BIT(met[i]);
		bool fails;

		wanted.points += counts;
		wanted.by_point[met[i]] += counts;
		fails = counts && wanted.points >= first && wanted.points <= last;
		wanted.failed += fails;
		WANT(fail_about(met[i], ABOUT) == fails);
	}
	c = end();
	WANT(!memcmp(&c, &wanted, sizeof(c)));
	WANT(!fail_hook && !fail_about(FAIL_PAGE, ABOUT));
}

static void failures(void)
{
	static const u32 points[] = { 0, BIT(FAIL_PAGE), BIT(FAIL_LOCK) | BIT(FAIL_PLAN) };

	for (unsigned at = 1; at < 7; at++)
		for (unsigned i = 0; i < ARRAY_SIZE(points); i++) {
			struct inject how = { .at = at, .points = points[i] };

			nth(&how, at, at);
			how.onwards = true;
			nth(&how, at, ~0u);
		}
	nth(&(struct inject) { .mine = mine }, 1, 0); /* none fails; all are counted */
	nth(&(struct inject) { .mine = mine, .onwards = true }, 1, 0);
}

/* Every point: those that may fail do so and are counted, the functions are not called for the
 * others. */
static void each_point(void)
{
	struct inject_count c;

	begin(&(struct inject) { .at = 1, .onwards = true, .mine = mine, .pause = step });
	for (unsigned p = 0; p < FAIL_POINTS; p++)
		WANT(fail_about((enum fail_point)p, ABOUT) == (p < MAY_FAIL));
	WANT(seen.asked == MAY_FAIL && seen.nr_steps == MAY_FAIL);
	c = end();
	WANT(c.points == MAY_FAIL && c.failed == MAY_FAIL && c.steps == MAY_FAIL && !c.bent);
	for (unsigned p = 0; p < FAIL_POINTS; p++)
		WANT(c.by_point[p] == (p < MAY_FAIL));
}

/* The points of `also` fail in addition to the count, independent of `points`. */
static void beside(void)
{
	struct inject_count c;

	begin(&(struct inject) { .also = also, .pause = step, .points = BIT(FAIL_PAGE), .at = 2 });
	WANT(fail_about(FAIL_TABLE, ABOUT) && !fail_about(FAIL_TABLE, ABOUT + 1));
	WANT(!fail_about(FAIL_PAGE, ABOUT) && fail_about(FAIL_TABLE, ABOUT));
	WANT(fail_about(FAIL_PAGE, ABOUT));
	c = end();
	WANT(c.points == 2 && c.failed == 1 && c.steps == 5);
	WANT(!c.by_point[FAIL_TABLE] && c.by_point[FAIL_PAGE] == 2);
	begin(&(struct inject) { .also = also }); /* alone, it takes the hook as well */
	WANT(fail_about(FAIL_TABLE, ABOUT));
	end();
}

/* Points and events share one sequence of steps; what `mine` refuses is no step and no point. */
static void steps(void)
{
	struct pt_event e = { .kind = PT_EV_WAIT };
	struct inject_count c;

	begin(&(struct inject) { .at = 2, .mine = mine, .pause = step });
	WANT(taps_event(&e) && !fail_about(FAIL_PAGE, ABOUT));
	seen.accepts = false;
	WANT(taps_event(&e) && !fail_about(FAIL_PAGE, ABOUT));
	seen.accepts = true;
	WANT(taps_event(&e) && fail_about(FAIL_PAGE, ABOUT));
	WANT(seen.asked == 6 && seen.asked_events == 3);
	WANT(seen.nr_steps == 4);
	for (unsigned i = 0; i < 4; i++)
		WANT(seen.steps[i] == i + 1);
	c = end();
	WANT(c.steps == 4 && c.points == 2 && c.failed == 1);
	begin(&(struct inject) { .mine = mine }); /* no step: no function gets events */
	WANT(taps_event(&e) && !seen.asked);
	c = end();
	WANT(!c.steps);
	begin(&(struct inject) { .pause = step }); /* alone, it takes the hook as well */
	WANT(!fail_about(FAIL_PAGE, ABOUT) && seen.nr_steps == 1);
	end();
}

static bool other_hook(enum fail_point point, u64 about)
{
	return point == FAIL_PLAN && about == ABOUT;
}

/* Without points it does not change the hook. */
static void bends(void)
{
	struct pt_event e = { .kind = PT_EV_WAIT };
	struct inject_count c;

	fail_hook = other_hook;
	begin(&(struct inject) { .bend = bend, .after = after });
	WANT(fail_hook == other_hook);
	WANT(taps_event(&e) && e.duty == 5);
	seen.swallows = true;
	WANT(!taps_event(&e) && !taps_event(&e));
	WANT(seen.bends == 3 && seen.afters == 1);
	c = end();
	WANT(c.bent == 2 && !c.steps && !c.points);
	WANT(fail_hook == other_hook);
	fail_hook = NULL;
	begin(&(struct inject) { .after = after });
	WANT(taps_event(&e) && seen.afters == 1);
	end();
}

/* The tap alone, without an injection, ignores the request of the last one. */
static void left_on(void)
{
	struct pt_event e = { .kind = PT_EV_WAIT };

	begin(&(struct inject) { .bend = bend, .after = after, .pause = step });
	seen.swallows = true;
	end();
	WANT(!pt_tap_enable("inject", true) && pt_tapped());
	WANT(taps_event(&e) && !seen.bends && !seen.afters && !seen.nr_steps);
	WANT(!pt_tap_enable("inject", false));
}

static void one_at_a_time(void)
{
	struct inject how = { .at = 1, .bend = bend };
	struct inject_count c;

	WANT_DEATH(inject_end(&c));
	begin(&how);
	WANT_DEATH(inject_begin(&how));
	end();
	WANT_DEATH(inject_end(&c));
	fail_hook = other_hook;
	WANT_DEATH(inject_begin(&how));
	WANT(fail_hook == other_hook);
	end();
	fail_hook = NULL;
}

void check_inject(void)
{
	failures();
	each_point();
	beside();
	steps();
	bends();
	left_on();
	one_at_a_time();
}
