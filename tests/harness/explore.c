/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/explore.c - all schedules up to a bound of preemptions, depth first.
 *
 * Most races need one or two preemptions, so bounds are explored from 0 on.  A schedule is run
 * from its start: first the prescribed prefix, then without preemption.  The next schedule
 * differs in the last choice that has another alternative within the bound.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/explore_step.h>

#define SCHEDULE_TEXT 120

static struct schedule schedule;

struct explored {
	u32 schedules;                /* number of different schedules */
	u32 points;                   /* points of the longest schedule */
	int bound;                    /* highest bound explored completely; -1: none */
	u32 diverged;                 /* prescribed choices that were not possible */
	const char *wrong;            /* result of check(), or NULL */
	char schedule[SCHEDULE_TEXT]; /* the schedule that failed */
};

/* ---- text form: a letter for the actor, then its number of steps in a row ---- */

static void to_text(const struct schedule *s, char *out, size_t size)
{
	u32 nr = s->nr;
	size_t at = 0;

	/* Leave out trailing choices that equal the default. */
	while (nr &&
	       s->at[nr - 1].chosen == choice_default(s->at[nr - 1].could, s->at[nr - 1].last))
		nr--;
	snprintf(out, size, "%s", nr ? "" : "a0");
	for (u32 i = 0, n; i < nr && at < size; i += n) {
		for (n = 1; i + n < nr && s->at[i + n].chosen == s->at[i].chosen;)
			n++;
		at += (size_t)snprintf(out + at, size - at, "%c%u", 'a' + s->at[i].chosen, n);
	}
}

void schedule_print(const struct schedule *s)
{
	static char text[SCHEDULE_TEXT];

	to_text(s, text, sizeof(text));
	kprintf("  # replay     run=%s schedule=%s\n", cpus[0].activity, text);
}

static bool from_text(const char *text, struct schedule *s)
{
	s->given = 0;
	while (*text) {
		u8 actor = (u8)(*text++ - 'a');
		u32 n = 0;

		if (actor >= ACTORS_MAX || *text < '0' || *text > '9')
			return false;
		while (*text >= '0' && *text <= '9' && n < CHOICES_MAX)
			n = 10 * n + (u32)(*text++ - '0');
		if (n > CHOICES_MAX - s->given)
			return false;
		while (n--)
			s->at[s->given++].chosen = actor;
	}
	return true;
}

/* ---- the next schedule ---- */

/* Alternatives of a choice in order: the default, then the others by number. */
static int alternative_after(const struct choice *c, u8 chosen)
{
	u8 first = choice_default(c->could, c->last);

	for (u8 i = chosen == first ? 0 : (u8)(chosen + 1); i < ACTORS_MAX; i++)
		if (i != first && (c->could >> i & 1))
			return i;
	return -1;
}

static unsigned preemptions(const struct schedule *s, u32 nr)
{
	unsigned sum = 0;

	for (u32 i = 0; i < nr; i++)
		sum += choice_preempts(&s->at[i], s->at[i].chosen);
	return sum;
}

static bool next(struct schedule *s, unsigned bound)
{
	for (u32 i = s->nr; i-- > 0;) {
		int other = alternative_after(&s->at[i], s->at[i].chosen);

		if (other < 0 || preemptions(s, i) + choice_preempts(&s->at[i], (u8)other) > bound)
			continue;
		s->at[i].chosen = (u8)other;
		s->given = i + 1;
		return true;
	}
	return false;
}

static void note(const struct schedule *s, const char *wrong, struct explored *out)
{
	out->points = s->points > out->points ? s->points : out->points;
	out->diverged += s->diverged;
	out->wrong = wrong;
	if (wrong)
		to_text(s, out->schedule, sizeof(out->schedule));
}

/* False: exploration ended before the bound was completed. */
static bool explore_bound(const struct explore *e, unsigned bound, struct explored *out)
{
	schedule.given = 0;
	do {
		if (test_aborted() || (e->most && out->schedules >= e->most))
			return false;
		note(&schedule, schedule_run(e, &schedule), out);
		/* schedules with fewer preemptions are counted already */
		out->schedules += preemptions(&schedule, schedule.nr) == bound;
		if (out->wrong)
			return false;
	} while (next(&schedule, bound));
	return true;
}

/* False: the text is malformed. */
static bool replay(const struct explore *e, const char *text, struct explored *out)
{
	*out = (struct explored) { .bound = -1 };
	if (!from_text(text, &schedule))
		return false;
	note(&schedule, schedule_run(e, &schedule), out);
	out->schedules = 1;
	return true;
}

static void explore_all(const struct explore *e, struct explored *out)
{
	*out = (struct explored) { .bound = -1 };
	for (unsigned bound = 0; bound <= e->bound && explore_bound(e, bound, out); bound++)
		out->bound = (int)bound;
}

unsigned explore_sure(unsigned bound)
{
	return layout.block_bytes == layout.section_bytes ? bound : 0;
}

/* No outcome is wrong, and every order of the claimed bound was tried. */
static void judge_safe(struct test_run *t, const struct explored *x, int sure)
{
	test_key(t, "schedules=%u", x->schedules);
	test_key(t, "points=%u", x->points);
	if (x->bound >= 0)
		test_key(t, "preemptions=%d", x->bound);
	CHECK_EQ(t, x->diverged, 0);
	if (x->wrong) {
		test_key(t, "schedule=%s", x->schedule);
		test_fail(t, __FILE__, __LINE__, "schedule=%s: %s", x->schedule, x->wrong);
	} else if (x->bound < sure) {
		test_fail(t, __FILE__, __LINE__,
			  "the orders with %d preemptions are not all tried: %u were", sure,
			  x->schedules);
	}
}

/* An outcome is wrong, and the text of its schedule alone reproduces it. */
static void judge_unsafe(struct test_run *t, const struct explore *e, const struct explored *x)
{
	struct explored again;

	if (!CHECK(t, x->wrong != NULL))
		return;
	test_key(t, "schedules=%u", x->schedules);
	test_key(t, "schedule=%s", x->schedule);
	CHECK(t, replay(e, x->schedule, &again));
	CHECK(t, again.wrong == x->wrong);
	CHECK_EQ(t, again.diverged, 0);
}

bool explore(struct test_run *t, const struct explore *e)
{
	const char *one = arg_text(NULL, ARG_SCHEDULE);
	struct explored x;

	if (!*one) {
		explore_all(e, &x);
	} else if (!replay(e, one, &x)) {
		test_fail(t, __FILE__, __LINE__,
			  "schedule=%s is malformed: letters a to c, each with a number", one);
		return false;
	}
	if (e->unsafe)
		judge_unsafe(t, e, &x);
	else
		judge_safe(t, &x, *one ? -1 : (int)e->sure);
	return !*one;
}

bool explore_can(struct test_run *t, unsigned actors)
{
	if (cpus_online_nr() < actors)
		test_skip(t, "needs %u CPUs; %u are online", actors, cpus_online_nr());
	else if (inject_on())
		test_skip(t, "bug= makes mistakes already");
	else
		return true;
	return false;
}
