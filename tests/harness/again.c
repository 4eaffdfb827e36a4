/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/again.c - the second run of a test that failed, with the tap `trace`.
 *
 * It helps to find the cause: it shows the events before the failure, and whether the test also
 * fails when it is traced.  It has no influence on the result: verdict, time, keys and totals are
 * the first run's, also when the second passes, is skipped, times out or crashes the machine
 * (resume.c).
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <tests/harness/run.h>

static struct {
	struct test_run test;
	u64 ms;
	enum verdict verdict;
} first;

u64 run_ms(void)
{
	return (clock_ns() - run.test_started_ns) / 1000000;
}

bool again_begin(enum verdict verdict)
{
	if (verdict != VERDICT_FAIL || run.traced || run.aborted)
		return false;
	if (!cpus_idle()) {
		failure_again("not: a CPU still executes work of the first run");
		return false;
	}
	first.test = run.test;
	first.ms = run_ms();
	first.verdict = verdict;
	run.again = true;
	kputs("  # again, with trace=on:\n");
	return true;
}

bool again_same(const char *text)
{
	return run.again && strcmp(text, first.test.detail) == 0;
}

enum verdict again_end(enum verdict verdict, const char *note)
{
	char text[200];

	if (verdict == first.verdict && again_same(run.test.detail))
		snprintf(text, sizeof(text), "%s, as before", verdict_word(verdict));
	else
		snprintf(text, sizeof(text), "%s%s%s", verdict_word(verdict),
			 note || run.test.failed ? ": " : "", note ? note : run.test.detail);
	failure_again(text);
	ktap_again(verdict, run_row()->geometry, run.name, run_ms());
	run.again = false;
	run.test = first.test;
	run.test_started_ns = clock_ns() - first.ms * 1000000;
	return first.verdict;
}
