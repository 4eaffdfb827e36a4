/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/bug.c - finds a bug, switches it on and off, and judges the detectors; see
 * tests/harness/bug.h. */
#include <lib/string.h>
#include <tests/harness/bug.h>

const struct bug *bug_find(const char *name)
{
	reg_for_each (bugs, it)
		if (!strcmp((*it)->name, name))
			return *it;
	return NULL;
}

void bug_begin(const struct bug *b)
{
	if (b->begin)
		b->begin();
	inject_begin(&(struct inject) { .bend = b->bend, .after = b->after });
}

u64 bug_end(void)
{
	struct inject_count c;

	inject_end(&c);
	return c.bent;
}

/* With the bug the named detector must notice; others may. */
static void noticed(struct test_run *t, const struct bug *b)
{
	for (unsigned i = 0; i < detectors_nr; i++) {
		u32 alarms = detectors[i].alarms();

		if (!strcmp(detectors[i].name, b->detector) && !alarms)
			test_fail(t, __FILE__, __LINE__, "bug=%s: %s noticed nothing", b->name,
				  b->detector);
		test_key(t, "%s=%u", detectors[i].name, alarms);
	}
}

static void silent(struct test_run *t)
{
	for (unsigned i = 0; i < detectors_nr; i++)
		if (detectors[i].alarms())
			test_fail(t, __FILE__, __LINE__, "%s: %u alarms without a bug",
				  detectors[i].name, detectors[i].alarms());
}

void bug_check(struct test_run *t, const struct bug *b)
{
	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
		return;
	}
	if (!CHECK(t, detector_find(b->detector) != NULL))
		return;
	if (detect_round(t, NULL))
		silent(t);
	if (detect_round(t, b))
		noticed(t, b);
	if (detect_round(t, NULL))
		silent(t);
}
