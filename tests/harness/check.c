/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/check.c - functions that a test body calls.  Any CPU may fail a check; only the
 * first failure is stored in full, the first few are printed, the rest are counted.
 */
#include <drivers/console.h>
#include <lib/atomic.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <tests/harness/run.h>

#define PRINTED_MAX 8

/* Has the user stopped the run?  Ctrl-C ends loops, waits and operations of the body early, so that
 * a check which fails afterwards is no verdict. */
static bool stopped(void)
{
	if (run.saved.active && console_interrupted())
		run.aborted = true;
	return run.aborted;
}

void test_fail(struct test_run *t, const char *file, int line, const char *fmt, ...)
{
	u32 nr = atomic_add_fetch_acq_rel(&t->failed, 1);
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (t->twin || stopped())
		return;
	if (nr == 1) {
		snprintf(t->detail, sizeof(t->detail), "%s", text);
		failure_first(file, line, text);
	}
	if (nr == 1 && again_same(text))
		kputs("  #   its first check failed as before\n");
	else if (nr <= PRINTED_MAX && line)
		kprintf("  # FAIL %s\n  #   at         %s:%d\n", text, file, line);
	else if (nr <= PRINTED_MAX)
		kprintf("  # FAIL %s: %s\n", file, text);
	else if (nr == PRINTED_MAX + 1)
		kputs("  #   (further checks failed too; they are counted)\n");
}

static bool is_number(const char *text)
{
	return *text >= '0' && *text <= '9';
}

/* "18 (0x12)"; "2" if both forms are equal. */
static const char *number(u64 n, char buf[static 48])
{
	if (n < 10)
		snprintf(buf, 48, "%lu", n);
	else
		snprintf(buf, 48, "%lu (0x%lx)", n, n);
	return buf;
}

void test_fail_eq(struct test_run *t, const char *file, int line, const char *what, u64 got,
		  const char *wanted_text, u64 wanted)
{
	char is[48], should[48];

	number(got, is);
	number(wanted, should);
	if (is_number(wanted_text))
		test_fail(t, file, line, "%s = %s, wanted %s", what, is, should);
	else
		test_fail(t, file, line, "%s = %s, wanted %s = %s", what, is, wanted_text, should);
}

void test_skip(struct test_run *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->skip_text, sizeof(t->skip_text), fmt, ap);
	va_end(ap);
	t->skip = t->skip_text;
}

void test_key(struct test_run *t, const char *fmt, ...)
{
	size_t at = strlen(t->keys);
	va_list ap;

	if (at && at + 1 < sizeof(t->keys))
		t->keys[at++] = ' ';
	va_start(ap, fmt);
	vsnprintf(t->keys + at, sizeof(t->keys) - at, fmt, ap);
	va_end(ap);
}

void test_could(struct test_run *t, bool could)
{
	t->could = could ? "yes" : "no";
}

bool test_aborted(void)
{
	if (!run.saved.active)
		return console_interrupted();
	if (!stopped() && clock_ns() > run.deadline_ns)
		run.timed_out = true;
	return run.aborted || run.timed_out;
}
