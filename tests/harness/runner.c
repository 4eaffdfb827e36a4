/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/runner.c - one run: header, plan, each test with its audit, totals, end line;
 * geometry after geometry, each in a boot of its own.
 *
 * Every line of the output contract is printed through tests/harness/ktap.c.  State that must
 * survive a restart is in run.saved; resume.c restores it.  A body runs without taps, as the code
 * does on a board, except if the test enables one, with trace=on, and in the second run of a test
 * that failed.
 *
 *   run_tests                    a run begins (prompt or boot argument)
 *     run_prepare                  select tests and geometries
 *     run_announce                 print the header
 *     run_geometries               each geometry ...
 *   run_resume                   a run continues after a restart
 *     run_geometries
 *       enter_geometry               run_restart (resume.c) if another geometry is in use
 *       run_geometry                 each test of the selection ...
 *         run_test
 *           run_attempt                begin_test, run_body, judge
 *           run_second_attempt         run_attempt again, traced, if the test failed
 *           run_report_result          the result line; counts it
 *       run_finish                   summary, totals, end line
 *       restore_settings
 *
 * run_tick() ends a body at its time-out or by Ctrl-C.  After a crash run_crashed() (resume.c)
 * reports the result and restarts; the next boot calls run_resume().
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <drivers/console.h>
#include <drivers/device.h>
#include <kern/emulator.h>
#include <kern/errata.h>
#include <kern/hooks.h>
#include <lib/hash.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <lib/version.h>
#include <mm/hotplug/event.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/kpt_sanitize.h>
#include <mm/memmap/memmap_late.h>
#include <shell/screen/colour.h>
#include <shell/screen/machine_line.h>
#include <shell/screen/pager.h>
#include <shell/screen/progress.h>
#include <shell/screen/text.h>
#include <tests/harness/bench.h>
#include <tests/harness/bug.h>
#include <tests/harness/machine_id.h>
#include <tests/harness/run.h>
#include <tests/harness/run_args.h>
#include <tlblab/profile.h>
#include <tlblab/soak.h>

#define TIMEOUT_S 60
#define TIMEOUT_EMULATED_S 300 /* its CPUs share those of a host that may be busy */
#define GRACE_S 10             /* a test that does not call test_aborted() for so long hangs */
#define ABORTED "reason=aborted"
#define ROUGH_MS 100 /* of a test, before any was measured here */
#define ROUGH_SLOW_MS 5000
#define ROUGH_TESTS 100
#define SECOND_NS ((u64)1000000000)

static const struct bug *run_bug; /* bug=: active while the body of a test runs */

u64 run_estimate_s(unsigned tests, unsigned slow)
{
	const struct run_saved *k = &run.saved;
	/* A few measured tests are not representative: add ROUGH_TESTS with the rough time. */
	u64 each = (k->timed_ms + ROUGH_TESTS * ROUGH_MS) / (k->timed_tests + ROUGH_TESTS);

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

static void errata_append(const struct erratum *e, char sign, void *arg)
{
	const char **before = arg;

	kprintf("%s%c%s", *before, sign, e->name);
	*before = ",";
}

/* Rows that errata= forces or leaves out. */
static void errata_key(void)
{
	const char *before = " errata=";

	errata_each_word(errata_append, &before);
}

static void header(const char *geometries)
{
	const struct run_saved *k = &run.saved;
	char compiler[80];

	machine_line_begin();
	kprintf("#: run format=%u version=%s commit=%s arch=%s image=%08x machine=%08x suite=%08x "
		"geometry=%s cpus=%u seed=0x%lx accel=%s entry=%s tests=%u run=%s",
		OUTPUT_FORMAT, build_version, build_commit, arch_name, build_id_short(),
		id_machine_hash(), select_suite_id(), k->rows > 1 ? geometries : k->row[0].geometry,
		cpus_online_nr(), arg_number(NULL, ARG_SEED), id_accel(),
		boot_info.entry == ENTRY_EFI ? "efi" : "image", k->total * k->rows, k->glob);
	kprintf(" compiler=%s", one_word(build_compiler, compiler, sizeof(compiler)));
	extra_key();
	errata_key();
	if (run_bug)
		kprintf(" bug=%s", run_bug->name);
	if (arg_flag(NULL, ARG_TRACE))
		kputs(" trace=on");
	machine_line_end();
	if (!k->interactive || !screen_rows() || soak_lives()) /* a user has `id` */
		id_records();
}

/* It ends a test that hangs, so that it is no verdict on the speed of the machine. */
static u32 timeout_s(const struct test *t)
{
	u32 usual = emulated_cpu() ? TIMEOUT_EMULATED_S : TIMEOUT_S;

	return (t->timeout_s ? t->timeout_s : usual) * PATIENCE;
}

/* The verdict of the current test, and its note. */
static enum verdict judge(char *note, size_t size, bool *has_note)
{
	const struct test *t = run.selected.entry->test;

	*has_note = true;
	if (run.aborted && !run.test.detail[0]) /* no check failed before Ctrl-C */
		return snprintf(note, size, STOPPED), VERDICT_SKIP;
	if (run.timed_out) {
		snprintf(note, size, "TIMEOUT %u s", timeout_s(t));
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

/* For a user at a terminal, until the next line is printed. */
static void count_shown(void)
{
	const struct run_saved *k = &run.saved;
	const u32 *c = run_row()->totals.count;
	char text[80], time[24];
	unsigned slow, left = k->total - run.nr;

	if (!k->interactive || !on_terminal() || !left)
		return;
	select_count(k->glob, &slow);
	snprintf(text, sizeof(text), "  # %u of %u, %u not ok, about %s left", run.nr, k->total,
		 c[VERDICT_FAIL] + c[VERDICT_XPASS] + c[VERDICT_ERROR],
		 seconds_text(run_estimate_s(left, slow * left / k->total), time));
	log_transient(text);
}

void run_report_result(enum verdict verdict, const char *note)
{
	u64 ms = run_ms();
	struct run_row *row = run_row();
	struct ktap_result r = {
		.verdict = verdict,
		.geometry = row->geometry,
		.name = run.name,
		.nr = run.nr,
		.could = run.test.could ? run.test.could : could_text(run.selected.entry->test),
		.note = note,
	};
	char keys[256];

	snprintf(keys, sizeof(keys), "rev=%u ms=%lu%s%s", test_rev(run.selected.entry->test), ms,
		 run.test.keys[0] ? " " : "", run.test.keys);
	r.keys = keys;
	row->totals.count[verdict]++;
	if (verdict != VERDICT_SKIP && strcmp(r.could, "yes") == 0)
		row->could_yes++;
	if (verdict != VERDICT_SKIP && !run.selected.entry->test->slow) {
		run.saved.timed_ms += ms;
		run.saved.timed_tests++;
	}
	ktap_result(&r);
	run.in_test = false;
	count_shown();
}

static void begin_test(void)
{
	const struct test *t = run.selected.entry->test;

	memset(&run.test, 0, sizeof(run.test));
	run.test.test = t;
	run.test.param = run.selected.param;
	run.test.param_at = run.selected.param_at;
	run.test.rng.state = hash_text(arg_number(NULL, ARG_SEED), run.name);
	run.aborted = run.timed_out = false;
	run.test_started_ns = clock_ns();
	run.progress_ns = run.test_started_ns + SECOND_NS;
	run.deadline_ns = run.test_started_ns + timeout_s(t) * SECOND_NS;
	run.end_ns = run.deadline_ns;
	this_cpu()->activity = run.name;
	run.in_test = true;
}

static void sanitize_judge(struct test_run *t)
{
	unsigned n = sanitize_print_reports();

	if (n)
		test_fail(t, "sanitize", 0, "sanitize=on: %u reports, above", n);
}

/* Hold back events of the machine's devices, so that the test causes any change that is found. */
static void run_body(void)
{
	work_hold(true);
	audit_before();
	run.traced = run.again || arg_flag(NULL, ARG_TRACE);
	if (run.traced)
		pt_tap_enable("trace", true);
	if (run_bug)
		bug_begin(run_bug);
	sanitize_mute(run.test.test->mutes_sanitizer);
	run.in_body = true;
	test_body(run.selected.entry, &run.test);
	run.in_body = false;
	if (run_bug)
		bug_end();
	if (run.traced)
		pt_tap_enable("trace", false);
	sanitize_judge(&run.test);
	sanitize_mute(false);
	test_aborted(); /* notices a time-out of a body that never called it */
	audit_after(&run.test);
	work_hold(false);
}

/* Run the current test once; returns its verdict, and `note` if it has one. */
static enum verdict run_attempt(char *note, size_t size, bool *has_note)
{
	char missing[160];

	begin_test();
	run.test.skip = needs_missing(run.test.test->needs, missing, sizeof(missing));
	if (!run.test.skip) {
		if (needs_profile(run.test.test->needs))
			tlb_profile(); /* measured before the first test that needs it */
		run_body();
	}
	return judge(note, size, has_note);
}

static void run_second_attempt(void)
{
	char note[200];
	bool has_note;
	enum verdict verdict = run_attempt(note, sizeof(note), &has_note);

	again_end(verdict, has_note ? note : NULL);
}

static void run_test(void)
{
	char note[200];
	enum verdict verdict;
	bool has_note;

	verdict = run_attempt(note, sizeof(note), &has_note);
	if ((verdict == VERDICT_ERROR || verdict == VERDICT_XPASS) && !run.test.failed)
		failure_first(run.test.test->file, 0,
			      verdict == VERDICT_XPASS ? "passes, but docs/LIMITS.md says it fails"
						       : note);
	if (again_begin(verdict))
		run_second_attempt();
	failure_block(verdict == VERDICT_XFAIL);
	run_report_result(verdict, has_note ? note : NULL);
	this_cpu()->activity = "shell";
}

/* ---- a geometry ---- */

/* `note` is that of a row without a failure: a reader of KTAP takes `not ok # SKIP` for a skip. */
static void close_row(const char *note)
{
	struct run_row *row = run_row();
	bool ok = strcmp(totals_verdict(&row->totals), "pass") == 0;
	u64 now = clock_ns();

	row->ms += (now - run.started_ns) / 1000000;
	run.started_ns = now;
	if (row->open) {
		tlb_profile_record();
		ktap_subtest_end(run.saved.at + 1, row->geometry, ok, ok ? note : NULL);
	}
	row->open = false;
}

static void open_row(void)
{
	struct run_row *row = run_row();

	if (!row->open)
		ktap_subtest(row->geometry, run.saved.total);
	row->open = true;
}

/* Run the tests from number `next` on in this geometry; false: stopped by Ctrl-C. */
static bool run_geometry(void)
{
	struct select s;

	open_row();
	select_begin(&s, run.saved.glob);
	for (run.nr = 1; select_next(&s, &run.selected); run.nr++) {
		if (run.nr < run.saved.next)
			continue;
		select_name(&run.selected, run.name);
		event_run();
		memmap_late_finish(); /* of memory that a device added: a test begins with none */
		run_test();
		run.saved.next = run.nr + 1;
		if (run.aborted)
			return false;
	}
	close_row(NULL);
	return true;
}

/* True if the kernel runs in this row's geometry.  Otherwise restarts into it, or fails the row if
 * an earlier restart into it failed. */
static bool enter_geometry(void)
{
	struct run_row *row = run_row();
	char text[80];

	if (!strcmp(row->geometry, layout.fmt->name))
		return true;
	if (!restart.resumed || strcmp(restart.geometry, row->geometry))
		run_restart(row->geometry, "");
	snprintf(text, sizeof(text), "boot: the machine is in %s", layout.fmt->name);
	run_geometry_failed(text);
	return false;
}

/* ---- the run ---- */

static void discard_typed(void)
{
	while (console_getc() >= 0)
		;
	console_clear_interrupt();
}

/* True if boot arguments remain to be executed in this boot, after the run. */
static bool boot_args_remain(void)
{
	return arg_flag(NULL, ARG_EXIT) || arg_given(NULL, ARG_SOAK) ||
	       arg_given(NULL, ARG_BENCH) || arg_given(NULL, ARG_COMPARE);
}

/* Restore the settings from before the run, by a restart if necessary. */
static void restore_settings(void)
{
	struct run_saved *k = &run.saved;
	bool fresh = !restart.resumed || !memcmp(&k->before, &boot_args, sizeof(boot_args));
	bool at_home = !strcmp(k->home, layout.fmt->name);

	run_args_pop(&k->before);
	if (at_home && fresh)
		return;
	if (k->interactive || !boot_args_remain()) {
		kprintf("Back to %s.\n", k->home);
		run_restart(k->home, "");
	}
}

void run_finish(const char *reason)
{
	const char *verdict;
	struct totals sum;
	char keys[160];

	close_row(strcmp(reason, ABORTED) ? NULL : "SKIP " STOPPED);
	run_sum(&sum);
	verdict = *reason ? "error" : totals_verdict(&sum);
	report_summary();
	ktap_totals(&sum);
	snprintf(keys, sizeof(keys), "%s%stests=%u machine=%08x image=%08x", reason,
		 *reason ? " " : "", totals_sum(&sum), id_machine_hash(), build_id_short());
	run.saved.active = run.in_body = false;
	ktap_end(verdict, keys);
}

static void run_stop(void)
{
	discard_typed();
	kprintf("  # " STOPPED ": %u of %u tests were run\n", run.saved.next - 1, run.saved.total);
	run_finish(ABORTED);
	restore_settings();
}

static void run_geometries(void)
{
	struct run_saved *k = &run.saved;

	while (k->at < k->rows) {
		if (!enter_geometry())
			continue;
		if (k->stopped || !run_geometry()) {
			run_stop();
			return;
		}
		k->at++;
		k->next = 1;
	}
	run_finish("");
	restore_settings();
}

bool run_resume(void)
{
	u64 cost = restart.left_cost + arch_instret_since_entry();
	unsigned nr_refused;
	const char *refused = args_refused(&nr_refused);
	char text[40] = "";

	if (!run.saved.active)
		return false;
	if (arch_instret_works()) { /* else no counter runs through a restart */
		bench_restart_cost = cost;
		cost_text(cost, text);
	}
	kprintf("# continues in %s%s%s%s\n", layout.fmt->name, *text ? " after " : "", text,
		*restart.reason ? ", after a crash" : "");
	run_bug = bug_find(arg_text(NULL, ARG_BUG));
	console_clear_interrupt();
	if (refused) { /* a scheme that this geometry does not have */
		kprintf("# %s\n", refused);
		run_finish("reason=bad-word");
		restore_settings();
		return true;
	}
	run_geometries();
	return true;
}

static int nothing_selected(void)
{
	run.saved.active = false;
	ktap_end("error", "reason=nothing-selected tests=0");
	return 0;
}

void run_refused(const char *sentence)
{
	kprintf("KTAP version 1\n1..0 # SKIP nothing is run\n# refused: %s\n", sentence);
	ktap_end("error", "reason=bad-word tests=0");
}

static bool selection_empty(void)
{
	if (run.saved.total)
		return false;
	kprintf("KTAP version 1\n1..0 # SKIP nothing selected\n");
	kprintf("# run=%s names none of the %u tests; `list` lists them\n", run.saved.glob,
		select_count("all", NULL));
	return true;
}

static int run_prepare(const char *glob, const char *geometries, const struct args *before,
		       struct why *why)
{
	struct run_saved *k = &run.saved;
	u64 ms = k->timed_ms, tests = k->timed_tests;
	int err;

	memset(&run, 0, sizeof(run));
	k->timed_ms = ms;
	k->timed_tests = tests;
	err = matrix_rows(geometries, k->row, &k->rows, why);
	if (!err && strlen(glob) >= sizeof(k->glob))
		err = refuse(why, EINVAL, "the names of tests are too long, at most %u characters",
			     (unsigned)sizeof(k->glob) - 1);
	if (err)
		return err;
	snprintf(k->glob, sizeof(k->glob), "%s", glob);
	snprintf(k->home, sizeof(k->home), "%s", layout.fmt->name);
	k->before = *before;
	k->total = select_count(glob, NULL);
	k->next = 1;
	k->soft_before = restart.soft;
	k->firmware_before = restart.firmware;
	return 0;
}

/* Print the header; from here on there is output. */
static void run_announce(const char *geometries, bool interactive)
{
	progress_end(); /* each test has its own */
	run.saved.interactive = interactive;
	run.started_ns = clock_ns();
	run_bug = bug_find(arg_text(NULL, ARG_BUG));
	failure_begin();
	console_clear_interrupt();
	header(geometries);
}

void run_header(const char *what, unsigned tests)
{
	struct why why = { 0 };

	run_prepare(what, NULL, &boot_args, &why);
	run.saved.total = tests;
	run_announce(NULL, true);
}

int run_tests(const char *glob, const char *geometries, bool interactive, const struct args *before,
	      struct why *why)
{
	struct run_saved *k = &run.saved;
	int err = run_prepare(glob, geometries, before, why);

	if (err)
		return err;
	run_announce(geometries, interactive);
	if (selection_empty())
		return nothing_selected();
	ktap_begin(k->rows);
	k->active = true;
	run_geometries();
	return 0;
}

/* ---- what interrupts a run ---- */

/* Progress for a user who waits: with screen=N one line that is rewritten, else lines at growing
 * intervals.  Not printed in an unattended log. */
static void progress(u64 now)
{
	u64 elapsed = now - run.test_started_ns;

	char text[TEST_NAME_MAX + 48];

	if (!run.saved.interactive || now < run.progress_ns)
		return;
	run.progress_ns = now + (screen_rows() ? SECOND_NS : max_u64(SECOND_NS, elapsed / 4));
	snprintf(text, sizeof(text), "  # %s, %u of %u, %lu s", run.name, run.nr, run.saved.total,
		 elapsed / SECOND_NS);
	if (screen_rows())
		log_transient(text);
	else
		kprintf("%s\n", text);
}

static void (*tick_before)(unsigned cpu);

static void run_tick(unsigned cpu)
{
	u64 now;

	if (tick_before)
		tick_before(cpu);
	if (cpu != 0 || !run.in_body)
		return;
	now = clock_ns();
	progress(now);
	if (console_interrupted())
		run.end_ns = min_u64(run.end_ns, now);
	if (now > run.end_ns + GRACE_S * SECOND_NS) {
		run.saved.stopped = console_interrupted();
		crash("%s does not return %u s after its time-out or Ctrl-C", run.name, GRACE_S);
	}
}

static bool prompt_reached;

void run_prompt_reached(void)
{
	prompt_reached = true;
}

/* True while the boot arguments are executed: tools read their output.  The output of a run or soak
 * that a user started is for the user, also after a restart. */
static bool run_is_logged(void)
{
	return !prompt_reached && !run.saved.interactive && !soak.saved.interactive;
}

void run_init(void)
{
	colour_off_while(run_is_logged);
	run_adopt();
	soak_adopt();
	crash_hook = run_crashed;
	hotplug_cancelled = test_aborted;
	tick_before = kern_hooks.tick;
	kern_hooks.tick = run_tick;
}
