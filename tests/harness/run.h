/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/run.h - the test runner's parts: one run at a time, on the boot CPU.
 *
 *   runner.c   the run: header, plan, each test, totals, end line; time-out resume.c continue after
 *   a crash, and from geometry to geometry matrix.c   the geometries of a run check.c functions for
 *   test bodies: test_fail, test_skip, test_key, test_aborted again.c    the second run of a test
 *   that failed, with its events failure.c records of failures: `show failure N` body.c the body of
 *   a test, and the digest around it needs.c    is this machine enough for a test, and could it
 *   have shown the failure audit.c resources that a test left summary.c  the summary of the last
 *   run soak_run.c the frame of a soak
 */
#pragma once
#include <kern/restart.h>
#include <mm/pt/pt_tap.h>
#include <tests/harness/ktap.h>
#include <tests/harness/select.h>

#define RUN_ROWS 16

struct run_row { /* a geometry, and the results of its tests */
	char geometry[32];
	struct totals totals;
	u32 could_yes; /* of those that ran */
	bool open;     /* its subtest has begun and is not closed */
	u64 ms;
};

/* Preserved across restarts (kern/restart.h), so without pointers. */
struct run_saved {
	bool active;              /* false: this is the last run, for `report` */
	bool interactive;         /* a user waits at the prompt */
	bool stopped;             /* by Ctrl-C, and the test did not return: only the end is left */
	char glob[256], home[32]; /* home: geometry of the prompt afterwards */
	struct args before;       /* the arguments in force afterwards */
	u32 rows, at, next, total; /* geometries, the present one, next test, tests in each */
	u32 crashes, failures;     /* failures: entries of failure.c */
	u32 soft_before, firmware_before; /* restarts before this run */
	u64 timed_ms, timed_tests;
	struct run_row row[RUN_ROWS];
};

/* ---- run_state.c ---- */
struct run_state {
	struct run_saved saved;
	bool in_test, in_body;
	unsigned nr; /* of the current test */
	struct selected selected;
	char name[TEST_NAME_MAX]; /* of the current test, with its parameter */
	struct test_run test;
	u64 started_ns, test_started_ns, deadline_ns, progress_ns;
	u64 end_ns; /* deadline_ns, or the time of Ctrl-C; the body reads the former alone */
	bool aborted, timed_out; /* the current test; aborted: by Ctrl-C */
	bool traced, again;      /* the tap `trace` is on; this is the second run of a failure */
};
extern struct run_state run;

static inline struct run_row *run_row(void)
{
	return &run.saved.row[run.saved.at < RUN_ROWS ? run.saved.at : RUN_ROWS - 1];
}

/* The reason in the result of a test that Ctrl-C ended: it has no verdict. */
#define STOPPED "stopped by Ctrl-C"

/* ---- runner.c ---- */
/* Execute a run and print all its lines, in the geometries that the text names ("all", "A,B"; NULL:
 * the present one).  `before`: the arguments in force afterwards. */
int run_tests(const char *glob, const char *geometries, bool interactive, const struct args *before,
	      struct why *);
/* The output of an unattended run whose boot words were refused. */
void run_refused(const char *sentence);
bool run_resume(void); /* after a restart: continue the run; false: there is none */
/* Everything after the last test; `reason` is "", or "reason=..." if the run was cut short. */
void run_finish(const char *reason);
/* The `#: run` line of work that is not a selection of tests. */
void run_header(const char *what, unsigned tests);
void run_report_result(enum verdict, const char *note); /* of the current test */
/* Estimated time of a selection: from tests that ran on this machine, else a constant. */
u64 run_estimate_s(unsigned tests, unsigned slow);
void run_init(void);           /* crash and tick hooks; adopts the run of the last boot */
void run_prompt_reached(void); /* the boot arguments are executed: from here on a user types */

/* ---- again.c ---- */
u64 run_ms(void); /* of the current test */
/* again_begin(): must the current test run a second time?  If so it prepares that; again_end()
 * records the result and restores the state of the first run. */
bool again_begin(enum verdict);
bool again_same(const char *text); /* this is the second run, and the first failed with this */
enum verdict again_end(enum verdict, const char *note);

/* ---- resume.c ---- */
/* Restart into this geometry; returns only if the machine cannot restart. */
void run_restart(const char *geometry, const char *reason);
void run_adopt(void); /* adopt the run of the last boot, if there is one */
void run_crashed(
	const char *reason); /* a crash: record the verdict, then continue with the next test */
void run_geometry_failed(const char *reason); /* this geometry failed: continue with the next */
/* A later boot failed early: the run continues in the next geometry, or ends here. */
void run_boot_failed(const char *reason);

/* ---- matrix.c ---- */
/* Rows for what the text names, NULL: the present geometry.  A geometry that this CPU does not
 * support is left out with a line; an unknown name, or an empty result, is refused. */
int matrix_rows(const char *text, struct run_row *rows, u32 *nr, struct why *);
unsigned matrix_size(void); /* number of rows for "all" */
/* The name of the first geometry, for boot. */
int matrix_first(const char *text, char name[static 32], struct why *);

/* ---- soak_run.c ---- */
/* Execute a soak and print all its lines, in the geometries that the text names (NULL: all of this
 * CPU); 0 ms: until Ctrl-C.  `before`: the arguments in force afterwards. */
int soak_and_report(u64 ms, const char *geometries, bool interactive, const struct args *before,
		    struct why *);
bool soak_resume(void); /* continue the soak that ran when the last boot ended */
bool soak_lives(void);  /* a soak runs, or one of an earlier boot is to be continued */
void soak_crashed(const char *reason);

/* ---- failure.c ---- */
void failure_begin(void);                                       /* a new run: drop the old ones */
void failure_first(const char *at, int line, const char *text); /* the first check that failed */
void failure_again(const char *text);                           /* result of the second run */
/* After the body: the indented report of the current test; `known`: it was expected to fail. */
void failure_block(bool known);
void failure_reproduce(const char *indent);
unsigned failure_count(void);
void failure_adopt(unsigned nr); /* those of the last boot */
int failure_show(unsigned nr, struct why *);
void failure_list(void); /* one line each, for the summary */

/* ---- body.c ---- */
/* Run the body once, with the check of .identity; also for a test that another one runs. */
void test_body(const struct test_entry *, struct test_run *);

/* ---- needs.c ---- */
/* NULL when the test can run; otherwise the reason, in `buf`. */
const char *needs_missing(u32 needs, char *buf, size_t size);
const char *could_text(const struct test *);
bool needs_profile(u32 needs); /* `could=` of such a test follows from the TLB profile */

/* ---- summary.c ---- */
void report_summary(void);
void report_table(void);       /* the part of it that needs only the counts */
void run_sum(struct totals *); /* over all geometries */

/* ---- audit.c ---- */
void audit_before(void);
/* Number of leaks, each printed as a diagnostic; tries to bring blocks back to their state. */
unsigned audit_after(struct test_run *);

/* Factor for a test's time-out: the checks of a compiler sanitizer (SAN=) take time. */
#ifdef SAN
#define PATIENCE 10
#else
#define PATIENCE 1
#endif
