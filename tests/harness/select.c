/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/select.c - glob against the registered tests; see select.h.  Pure. */
#include <lib/assert.h>
#include <lib/hash.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <tests/harness/select.h>

#define TESTS_MAX 1024

static const struct test_entry *order[TESTS_MAX] NOINIT; /* by name, not in link order */
static unsigned nr_tests;

static void insert(const struct test_entry *e)
{
	unsigned at = nr_tests++;

	ASSERT_OP(at, <, TESTS_MAX);
	for (; at && strcmp(order[at - 1]->test->name, e->test->name) > 0; at--)
		order[at] = order[at - 1];
	order[at] = e;
}

static void sort_once(void)
{
	if (nr_tests)
		return;
	reg_for_each (tests, it)
		insert(*it);
}

/* One alternative of a comma-separated glob, matched with or without the parameter. */
static bool one_matches(const char *glob, const struct test *t, const char *name)
{
	/* Tests that end the run must be named. */
	if (strncmp(t->name, "crash.", 6) == 0 && strncmp(glob, "crash.", 6) != 0)
		return false;
	if (strcmp(glob, "all") == 0)
		return true;
	if (strcmp(glob, "quick") == 0)
		return !t->slow;
	return glob_match(glob, strchr(glob, '/') ? name : t->name);
}

static bool matches(const char *globs, const struct test *t, const char *name)
{
	char one[TEST_NAME_MAX];

	while (*globs) {
		const char *comma = strchr(globs, ',');
		size_t n = comma ? (size_t)(comma - globs) : strlen(globs);

		if (n && n < sizeof(one)) {
			memcpy(one, globs, n);
			one[n] = 0;
			if (one_matches(one, t, name))
				return true;
		}
		globs += n + (comma != NULL);
	}
	return false;
}

const char *select_name(const struct selected *s, char buf[static TEST_NAME_MAX])
{
	if (s->param)
		snprintf(buf, TEST_NAME_MAX, "%s/%s", s->entry->test->name, s->param);
	else
		snprintf(buf, TEST_NAME_MAX, "%s", s->entry->test->name);
	return buf;
}

void select_begin(struct select *s, const char *glob)
{
	s->glob = glob;
	s->at = 0;
	s->param = 0;
	sort_once();
}

/* Return the candidate at the position, and advance. */
static void step(struct select *s, struct selected *out)
{
	const struct test *t = order[s->at]->test;

	out->entry = order[s->at];
	out->param = test_param(t, s->param);
	out->param_at = s->param;
	if (out->param && test_param(t, s->param + 1)) {
		s->param++;
	} else {
		s->param = 0;
		s->at++;
	}
}

bool select_next(struct select *s, struct selected *out)
{
	char name[TEST_NAME_MAX];

	while (s->at < nr_tests) {
		step(s, out);
		if (matches(s->glob, out->entry->test, select_name(out, name)))
			return true;
	}
	return false;
}

unsigned select_count(const char *glob, unsigned *slow)
{
	struct selected one;
	struct select s;
	unsigned n = 0;

	if (slow)
		*slow = 0;
	for (select_begin(&s, glob); select_next(&s, &one); n++)
		if (slow && one.entry->test->slow)
			++*slow;
	return n;
}

const struct test *select_find(const char *name)
{
	reg_for_each (tests, it)
		if (strcmp((*it)->test->name, name) == 0)
			return (*it)->test;
	return NULL;
}

u32 select_suite_id(void)
{
	u64 sum = 0;

	reg_for_each (tests, it) {
		u64 h = hash_u64(0, test_rev((*it)->test));

		for (const char *p = (*it)->test->name; *p; p++)
			h = hash_u64(h, (u8)*p);
		sum += h;
	}
	return (u32)(sum ^ sum >> 32);
}
