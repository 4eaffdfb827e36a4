// SPDX-License-Identifier: BSD-2-Clause
/*
 * shell/runner.c - one run: header, plan, each test with its audit, totals, end line.
 *
 * Every line of the output contract is printed through shell/ktap.c.  A crash inside a test is a
 * verdict: run_crashed() prints what is missing of the frame, so that a log always ends properly.
 */
#include <arch/arch.h>
#include <drivers/console.h>
#include <drivers/device.h>
#include <kern/hooks.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <lib/version.h>
#include <mm/kpt.h>
#include <shell/id.h>
#include <shell/run.h>
#include <shell/shell.h>
#include <tests/lab/profile.h>
#include <tests/lab/soak.h>
#include <tests/bug.h>

#define TIMEOUT_S 60
#define GRACE_S 10   /* a test that does not look at test_aborted() for so long has hung */
#define ROUGH_MS 100 /* a test, before any was timed here */
#define ROUGH_SLOW_MS 5000
#define SECOND_NS ((u64)1000000000)

struct run_state run;
static u64 timed_ms, timed_tests;
static const struct bug *run_bug; /* bug=: made while the body of a test runs */

u64 run_estimate_s(unsigned tests, unsigned slow)
{
	u64 each = timed_tests ? timed_ms / timed_tests : ROUGH_MS;

	return ((tests - slow) * each + slow * max_u64(each, ROUGH_SLOW_MS) + 999) / 1000;
}

/* "NAME:HASH,NAME:HASH": a value holds no blank. */
static void extra_key(void)
{
	char text[160];

	if (!build_extra[0])
		return;
	snprintf(text, sizeof(text), "%s", build_extra);
	for (char *p = text; (p = strchr(p, ' '));)
		*p = ',';
	kprintf(" extra=%s", text);
}

static void header(void)
{
	kprintf("#: run format=%u version=%s commit=%s arch=%s image=%08x machine=%08x suite=%08x "
		"geometry=%s cpus=%u seed=0x%lx accel=%s tests=%u run=%s",
		OUTPUT_FORMAT, build_version, build_commit, arch_name, build_id_short(),
		id_machine_hash(), select_suite_id(), run.geometry, cpus_online_nr(),
		arg_number(NULL, ARG_SEED), arch_emulated() ? "tcg" : "bare", run.total, run.glob);
	extra_key();
	if (run_bug)
		kprintf(" bug=%s", run_bug->name);
	kputs("\n");
}

/* Give `note` and `verdict` to the current test by what happened to it. */
static enum verdict judge(char *note, size_t size, bool *has_note)
{
	const struct test *t = run.selected.entry->test;

	*has_note = true;
	if (run.aborted)
		return snprintf(note, size, "ERROR aborted"), VERDICT_ERROR;
	if (run.timed_out) {
		snprintf(note, size, "TIMEOUT %u s", t->timeout_s ? t->timeout_s : TIMEOUT_S);
		return VERDICT_ERROR;
	}
	if (run.test.skip && !run.test.failed)
		return snprintf(note, size, "%s", run.test.skip), VERDICT_SKIP;
	if (t->xfail) {
		snprintf(note, size, "%s", t->xfail);
		return run.test.failed ? VERDICT_XFAIL : VERDICT_XPASS;
	}
	*has_note = false;
	return run.test.failed ? VERDICT_FAIL : VERDICT_PASS;
}

static void result(enum verdict verdict, const char *note, u64 ms)
{
	struct ktap_result r = {
		.verdict = verdict,
		.geometry = run.geometry,
		.name = run.name,
		.nr = run.nr,
		.could = run.test.could ? run.test.could : could_text(run.selected.entry->test),
		.note = note,
	};
	char keys[256];

	snprintf(keys, sizeof(keys), "rev=%u ms=%lu%s%s", run.selected.entry->test->rev, ms,
		 run.test.keys[0] ? " " : "", run.test.keys);
	r.keys = keys;
	run.totals.count[verdict]++;
	if (verdict != VERDICT_SKIP && strcmp(r.could, "yes") == 0)
		run.could_yes++;
	ktap_result(&r);
}

static void begin_test(void)
{
	const struct test *t = run.selected.entry->test;

	memset(&run.test, 0, sizeof(run.test));
	run.test.test = t;
	run.test.param = run.selected.param;
	run.test.rng.state = hash_text(arg_number(NULL, ARG_SEED), run.name);
	run.aborted = run.timed_out = false;
	run.test_started_ns = clock_ns();
	run.progress_ns = run.test_started_ns + SECOND_NS;
	run.deadline_ns =
		run.test_started_ns + (t->timeout_s ? t->timeout_s : TIMEOUT_S) * SECOND_NS;
	this_cpu()->activity = run.name;
}

static void run_body(void)
{
	audit_before();
	pt_trace_reset();
	pt_tap_enable("trace", true);
	if (run_bug)
		bug_begin(run_bug);
	run.in_body = true;
	run.selected.entry->body(&run.test);
	run.in_body = false;
	if (run_bug)
		bug_end();
	pt_tap_enable("trace", false);
	test_aborted(); /* notices a time-out of a body that never looked */
	audit_after(&run.test);
}

static void run_one(void)
{
	char missing[160], note[200];
	enum verdict verdict;
	bool has_note;
	u64 ms;

	begin_test();
	run.test.skip = needs_missing(run.test.test->needs, missing, sizeof(missing));
	if (!run.test.skip) {
		if (needs_profile(run.test.test->needs))
			tlb_profile(); /* measured by the first that needs it, before it starts */
		run_body();
	}
	ms = (clock_ns() - run.test_started_ns) / 1000000;
	verdict = judge(note, sizeof(note), &has_note);
	if (verdict != VERDICT_SKIP) {
		timed_ms += ms;
		timed_tests++;
	}
	if ((verdict == VERDICT_ERROR || verdict == VERDICT_XPASS) && !run.test.failed)
		failure_first(run.test.test->file, 0,
			      verdict == VERDICT_XPASS ? "passes, but docs/LIMITS.md says it fails"
						       : note);
	failure_block(verdict == VERDICT_XFAIL);
	result(verdict, has_note ? note : NULL, ms);
	this_cpu()->activity = "shell";
}

/* Everything after the last test; also the end of a run that a crash cut short. */
static int finish(const char *reason)
{
	bool ok = strcmp(totals_verdict(&run.totals), "pass") == 0 && !*reason;
	const char *verdict = *reason ? "error" : totals_verdict(&run.totals);
	char keys[160];

	run.ms = (clock_ns() - run.started_ns) / 1000000;
	ktap_subtest_end(1, run.geometry, ok);
	report_summary();
	ktap_totals(&run.totals);
	snprintf(keys, sizeof(keys), "%s%stests=%u machine=%08x image=%08x", reason,
		 *reason ? " " : "", totals_sum(&run.totals), id_machine_hash(), build_id_short());
	run.active = run.in_body = false;
	ktap_end(verdict, keys);
	return ok ? VERDICT_PASS : verdict[0] == 'e' ? VERDICT_ERROR : VERDICT_FAIL;
}

static int nothing_selected(const char *glob)
{
	kprintf("KTAP version 1\n1..0 # SKIP nothing selected\n");
	kprintf("# run=%s names none of the %u tests; `show tests` lists them\n", glob,
		select_count("all", NULL));
	ktap_end("error", "reason=nothing-selected tests=0");
	return -1;
}

static int unknown_bug(const char *name)
{
	kprintf("KTAP version 1\n1..0 # SKIP nothing selected\n");
	kprintf("# run=%s: bug=%s is no mistake that is known here; there are:", run.glob, name);
	reg_for_each (bugs, it)
		kprintf(" %s", (*it)->name);
	kputs("\n");
	ktap_end("error", "reason=nothing-selected tests=0");
	return -1;
}

static void discard_typed(void)
{
	while (console_getc() >= 0)
		;
	console_clear_interrupt();
}

static void run_begin(const char *glob, bool interactive, unsigned total)
{
	memset(&run, 0, sizeof(run));
	run.glob = glob;
	run.interactive = interactive;
	run.total = total;
	snprintf(run.geometry, sizeof(run.geometry), "%s", layout.fmt->name);
	run.started_ns = clock_ns();
	run_bug = bug_find(arg_text(NULL, ARG_BUG));
	failure_begin();
	console_clear_interrupt();
	header();
}

void run_header(const char *what, unsigned tests)
{
	run_begin(what, true, tests);
}

int run_tests(const char *glob, bool interactive)
{
	struct select s;
	bool stopped = false;

	run_begin(glob, interactive, select_count(glob, NULL));
	if (!run.total)
		return nothing_selected(glob);
	if (*arg_text(NULL, ARG_BUG) && !run_bug)
		return unknown_bug(arg_text(NULL, ARG_BUG));
	ktap_begin(1);
	ktap_subtest(run.geometry, run.total);
	run.active = true;
	select_begin(&s, glob);
	while (!stopped && select_next(&s, &run.selected)) {
		run.nr++;
		select_name(&run.selected, run.name);
		run_one();
		stopped = run.aborted;
	}
	if (!stopped)
		return finish("");
	discard_typed();
	kprintf("  # stopped by Ctrl-C: %u of %u tests were run\n", run.nr, run.total);
	return finish("reason=aborted");
}

/* ---- what interrupts a run ---- */

static void run_crashed(const char *reason)
{
	char note[200];

	if (run.active) {
		snprintf(note, sizeof(note), "ERROR crash: %s", reason);
		failure_first(run.test.test->file, 0, note);
		failure_block(false);
		result(VERDICT_ERROR, note, (clock_ns() - run.test_started_ns) / 1000000);
		finish("reason=crash");
	} else if (soak.active) {
		soak_crashed();
	}
	if (arg_flag(&boot_args, ARG_EXIT))
		return;
	kputs("# The machine is halted; reset it, or look at it with a debugger.\n");
	kern_hooks.halt = NULL; /* the report stays readable: no power off */
}

/* Progress for a person who waits, less and less often; an unattended log stays free of it. */
static void progress(u64 now)
{
	u64 elapsed = now - run.test_started_ns;

	if (!run.interactive || now < run.progress_ns)
		return;
	run.progress_ns = now + max_u64(SECOND_NS, elapsed / 4);
	kprintf("  # %s %u/%u, %lu s\n", run.name, run.nr, run.total, elapsed / SECOND_NS);
}

static void (*tick_before)(unsigned cpu);

void run_tick(unsigned cpu)
{
	u64 now;

	if (tick_before)
		tick_before(cpu);
	if (cpu != 0 || !run.in_body)
		return;
	now = clock_ns();
	progress(now);
	if (console_interrupted())
		run.deadline_ns = min_u64(run.deadline_ns, now);
	if (now > run.deadline_ns + GRACE_S * SECOND_NS)
		crash("%s does not come back %u s after its time-out or Ctrl-C", run.name, GRACE_S);
}

void run_init(void)
{
	crash_hook = run_crashed;
	hotplug_cancelled = test_aborted;
	tick_before = kern_hooks.tick;
	kern_hooks.tick = run_tick;
}
