/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/run.h - the test runner's parts: one run at a time, on the boot CPU.
 *
 *   runner.c   the run: header, plan, each test, totals, end line; crash and time-out
 *   check.c    what a test body calls: test_fail, test_skip, test_key, test_aborted
 *   failure.c  what is kept of a failure: `show failure N`
 *   needs.c    is this machine enough for a test, and could it have shown the failure
 *   audit.c    nothing may be left behind
 *   report.c   the summary of the last run
 */
#pragma once
#include <mm/pt_tap.h>
#include <shell/ktap.h>
#include <shell/select.h>

/* ---- runner.c ---- */
struct run_state {
	const char *glob;
	char geometry[32];
	bool active, in_body, interactive;
	unsigned total, nr; /* planned; number of the current one */
	struct selected selected;
	char name[TEST_NAME_MAX]; /* of the current test, with its parameter */
	struct test_run test;
	u64 started_ns, test_started_ns, deadline_ns, progress_ns;
	bool aborted, timed_out; /* the current test */
	struct totals totals;
	u32 could_yes; /* of those that ran */
	u64 ms;        /* of the whole run, when it is over */
};
extern struct run_state run;

/* The whole of a run, all lines included.  VERDICT_PASS, _FAIL or _ERROR; -1: nothing selected. */
int run_tests(const char *glob, bool interactive);
/* The `#: run` line of something that is not a selection of tests. */
void run_header(const char *what, unsigned tests);
/* Rough time for a selection: measured on this machine once it ran tests, a constant before. */
u64 run_estimate_s(unsigned tests, unsigned slow);
void run_tick(unsigned cpu); /* progress, and tests that do not come back */
void run_init(void);         /* crash and tick hooks */

/* ---- cmd_soak.c ---- */
void soak_and_report(u64 ms); /* 0: until Ctrl-C */
void soak_crashed(void);

/* ---- failure.c ---- */
void failure_begin(void);                                       /* a new run: forget the old ones */
void failure_first(const char *at, int line, const char *text); /* the first check that failed */
/* After the body: the indented report of the current test; `known`: it was expected to fail. */
void failure_block(bool known);
void failure_reproduce(const char *indent);
unsigned failure_count(void);
int failure_show(unsigned nr, struct why *);
void failure_list(void); /* one line each, for the summary */

/* ---- needs.c ---- */
/* NULL when the test can run; otherwise the reason, in `buf`. */
const char *needs_missing(u32 needs, char *buf, size_t size);
const char *could_text(const struct test *);
bool needs_profile(u32 needs); /* `could=` of such a test follows from the TLB profile */

/* ---- report.c ---- */
void report_summary(void);

/* ---- audit.c ---- */
void audit_before(void);
/* Number of leaks, each printed as a diagnostic; tries to bring blocks back to their state. */
unsigned audit_after(struct test_run *);
