/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/ktap.c - KTAP version 1, plan first, one nesting level: geometry, then tests.
 *
 * A parser of the specification (Linux's kunit.py among them) reads it; `#:` lines carry the rest.
 * Pure but for kprintf.
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <shell/screen/colour.h>
#include <shell/screen/machine_line.h>
#include <tests/harness/ktap.h>

#define INDENT "  "

static const struct {
	const char *word, *line, *mark;
	enum colour colour;
} verdicts[VERDICT_NR] = {
	[VERDICT_PASS] = { "pass", "ok", "", COLOUR_GOOD },
	[VERDICT_FAIL] = { "fail", "not ok", "", COLOUR_BAD },
	[VERDICT_SKIP] = { "skip", "ok", "SKIP ", COLOUR_SKIPPED },
	[VERDICT_XFAIL] = { "xfail", "ok", "XFAIL ", COLOUR_SKIPPED },
	[VERDICT_XPASS] = { "xpass", "not ok", "XPASS ", COLOUR_BAD },
	[VERDICT_ERROR] = { "error", "not ok", "", COLOUR_BAD }, /* the note has its own word */
};

const char *verdict_word(enum verdict v)
{
	return verdicts[v].word;
}

/* A note must stay on its line and must not begin another directive. */
static const char *plain(const char *note, char *buf, size_t size)
{
	size_t i;

	for (i = 0; note[i] && i + 1 < size; i++)
		buf[i] = note[i] == '#' || note[i] < ' ' ? ' ' : note[i];
	buf[i] = 0;
	return buf;
}

void ktap_begin(unsigned geometries)
{
	kprintf("KTAP version 1\n1..%u\n", geometries);
}

void ktap_subtest(const char *geometry, unsigned tests)
{
	kprintf(INDENT "KTAP version 1\n" INDENT "# Subtest: %s\n" INDENT "1..%u\n", geometry,
		tests);
}

void ktap_result(const struct ktap_result *r)
{
	const char *word = verdicts[r->verdict].word, *line = verdicts[r->verdict].line;
	char note[200];

	machine_line_begin();
	kprintf(INDENT "#: result %s %s/%s could=%s%s%s", word, r->geometry, r->name, r->could,
		*r->keys ? " " : "", r->keys);
	machine_line_end();
	kputs(INDENT);
	colour_puts(verdicts[r->verdict].colour, line);
	if (r->note)
		kprintf(" %u %s # %s%s\n", r->nr, r->name, verdicts[r->verdict].mark,
			plain(r->note, note, sizeof(note)));
	else
		kprintf(" %u %s\n", r->nr, r->name);
}

void ktap_again(enum verdict v, const char *geometry, const char *name, u64 ms)
{
	machine_line_begin();
	kprintf(INDENT "#: again %s %s/%s ms=%lu", verdicts[v].word, geometry, name, ms);
	machine_line_end();
}

void ktap_subtest_end(unsigned nr, const char *geometry, bool ok, const char *note)
{
	char text[200];

	colour_puts(ok ? COLOUR_GOOD : COLOUR_BAD, ok ? "ok" : "not ok");
	kprintf(" %u %s%s%s\n", nr, geometry, note ? " # " : "",
		note ? plain(note, text, sizeof(text)) : "");
}

void ktap_totals(const struct totals *t)
{
	kprintf("# Totals: pass:%u fail:%u xfail:%u xpass:%u skip:%u error:%u\n",
		t->count[VERDICT_PASS], t->count[VERDICT_FAIL], t->count[VERDICT_XFAIL],
		t->count[VERDICT_XPASS], t->count[VERDICT_SKIP], t->count[VERDICT_ERROR]);
}

const char *totals_verdict(const struct totals *t)
{
	if (t->count[VERDICT_ERROR])
		return "error";
	return t->count[VERDICT_FAIL] || t->count[VERDICT_XPASS] ? "fail" : "pass";
}

unsigned totals_sum(const struct totals *t)
{
	unsigned sum = 0;

	for (unsigned v = 0; v < VERDICT_NR; v++)
		sum += t->count[v];
	return sum;
}

void ktap_end(const char *verdict, const char *keys)
{
	machine_line_begin();
	kprintf("#: end verdict=%s%s%s format=%u", verdict, *keys ? " " : "", keys, OUTPUT_FORMAT);
	machine_line_end();
	kputs("# hotplate: end\n");
}
