/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/resume.c - resume a run after a crash or a change of geometry.
 *
 * Before this boot ends, run.saved is copied into the record of kern/restart.h; the next boot reads
 * it and resumes the run at `next`.  After a crash this code only prints, counts and restarts: the
 * other CPUs are stopped, and locks may be held for ever.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <kern/hooks.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kernel/kpt_sanitize.h>
#include <tests/harness/run.h>
#include <tlblab/soak.h>

_Static_assert(sizeof(struct run_saved) <= RESTART_RUN_BYTES, "RESTART_RUN_BYTES");

static bool early; /* booting: neither CPUs nor memory can be queried */

void run_restart(const char *geometry, const char *reason)
{
	if (run.saved.active && !early)
		run_row()->ms += (clock_ns() - run.started_ns) / 1000000;
	run.saved.failures = failure_count();
	memcpy(restart.run, &run.saved, sizeof(run.saved));
	restart_leave(geometry, reason);
}

void run_adopt(void)
{
	if (!restart.resumed)
		return;
	memcpy(&run.saved, restart.run, sizeof(run.saved));
	failure_adopt(run.saved.failures);
}

/* After a crash: resume the run in the next boot; if the machine cannot restart, end it as failed.
 */
static void run_continue(const char *reason)
{
	struct run_saved *k = &run.saved;

	if (k->at < k->rows)
		run_restart(run_row()->geometry, reason);
	if (k->at < k->rows)
		kputs("# A CPU does not turn itself off, and firmware does not reset.\n");
	if (!early) {
		run_finish(k->at < k->rows ? "reason=crash" : "");
		return;
	}
	report_table();
	k->active = false;
	ktap_end("error", "reason=boot");
}

/* The verdict of a test that crashed.  If that was the second run of a test that failed, the first
 * run's verdict is kept.  A test that did not return after Ctrl-C has none. */
static void crash_verdict(const char *reason)
{
	enum verdict verdict = VERDICT_ERROR;
	bool again = run.again;
	char note[200];

	run.saved.next = run.nr + 1;
	if (run.saved.stopped && !run.test.detail[0]) {
		run_report_result(VERDICT_SKIP, STOPPED);
		return;
	}
	snprintf(note, sizeof(note), "ERROR crash: %s", reason);
	if (!again || !run.test.failed)
		failure_first(run.test.test->file, 0, note);
	if (again)
		verdict = again_end(VERDICT_ERROR, note);
	failure_block(false);
	run_report_result(verdict, again ? NULL : note);
	run.saved.crashes++;
}

void run_geometry_failed(const char *reason)
{
	struct run_row *row = run_row();
	char note[200];

	snprintf(note, sizeof(note), "ERROR %s", reason);
	row->totals.count[VERDICT_ERROR]++;
	ktap_subtest_end(run.saved.at + 1, row->geometry, false, row->open ? NULL : note);
	if (row->open)
		kprintf("# %s: %s\n", row->geometry, note);
	row->open = false;
	run.saved.at++;
	run.saved.next = 1;
}

void run_boot_failed(const char *reason)
{
	early = true;
	if (!run.saved.active)
		run_adopt();
	if (!run.saved.active && soak_adopt())
		soak_crashed(reason);
	if (!run.saved.active)
		return;
	run_geometry_failed(reason);
	run_continue(reason);
}

void run_crashed(const char *reason)
{
	sanitize_print_reports(); /* the cause may have been reported before */
	if (run.saved.active) {
		if (run.in_test)
			crash_verdict(reason);
		else
			run_geometry_failed(reason);
		run_continue(reason);
	} else if (soak_lives()) {
		soak_crashed(reason);
	}
	if (arg_flag(&boot_args, ARG_EXIT))
		return;
	kputs("# The machine is halted; reset it, or look at it with a debugger.\n");
	kern_hooks.halt = NULL; /* the report stays readable: no power off */
}
