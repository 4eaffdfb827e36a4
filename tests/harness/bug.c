/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/bug.c - finds a bug, switches it on and off, and judges the detectors; see
 * tests/harness/bug.h. */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <shell/screen/text.h>
#include <tests/harness/bug.h>

#define SEEN_MAX 16
#define MISTAKE_COLUMN 34

static struct {
	const struct bug *bug;
	u32 alarms[DETECTORS];
} seen[SEEN_MAX];
static unsigned seen_nr;

void bugs_seen_begin(void)
{
	seen_nr = 0;
}

/* The alarms of one bug; a star marks the detector that has to notice it. */
static void seen_row(unsigned nr)
{
	const struct bug *b = seen[nr].bug;
	char label[48];
	size_t at = (size_t)snprintf(label, sizeof(label), "%-14s", b->name);

	for (unsigned i = 0; i < detectors_nr; i++)
		at += (size_t)snprintf(label + at, sizeof(label) - at, "%8u%c", seen[nr].alarms[i],
				       strcmp(detectors[i].name, b->detector) ? ' ' : '*');
	print_wrapped(label, MISTAKE_COLUMN, b->breaks);
}

void bugs_seen_show(void)
{
	char label[16];

	if (!seen_nr)
		return;
	kprintf("\n%-14s", "bug");
	for (unsigned i = 0; i < detectors_nr; i++)
		kprintf("%8s ", detectors[i].name);
	kputs("  what is done wrong\n");
	for (unsigned i = 0; i < seen_nr; i++)
		seen_row(i);
	for (unsigned i = 0; i < detectors_nr; i++) {
		snprintf(label, sizeof(label), "%s: ", detectors[i].name);
		print_wrapped(label, 7, detectors[i].what);
	}
	print_wrapped("*: ", 7,
		      "the detector that has to notice this bug; without a bug both count 0");
}

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
	bool keep = seen_nr < SEEN_MAX;

	for (unsigned i = 0; i < detectors_nr; i++) {
		u32 alarms = detectors[i].alarms();

		if (keep)
			seen[seen_nr].alarms[i] = alarms;
		if (!strcmp(detectors[i].name, b->detector) && !alarms)
			test_fail(t, __FILE__, __LINE__, "bug=%s: %s noticed nothing", b->name,
				  b->detector);
		test_key(t, "%s=%u", detectors[i].name, alarms);
	}
	if (keep)
		seen[seen_nr++].bug = b;
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
