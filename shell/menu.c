/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/menu.c - the menu, its keys, and the main loop of the console.
 *
 * The table of keys is the menu.  An entry without text is not listed on the screen; a key without
 * an entry prints the list of keys.
 */
#include <arch/arch.h>
#include <drivers/console.h>
#include <drivers/device.h>
#include <kern/args.h>
#include <kern/emulator.h>
#include <kern/log.h>
#include <kern/restart.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/memmap/memmap_late.h>
#include <shell/command.h>
#include <shell/compare/compare.h>
#include <shell/screen/pager.h>
#include <shell/screen/progress.h>
#include <shell/screen/text.h>
#include <shell/settings.h>
#include <shell/shell.h>
#include <tests/harness/bench.h>
#include <tests/harness/bug.h>
#include <tests/harness/machine_id.h>
#include <tests/harness/run.h>
#include <tlblab/profile.h>
#include <tlblab/soak.h>

/* One key.  `text` NULL: a key that is not listed on a line of its own.  `text` is a format with
 * one number where there is a `glob`. */
struct menu_entry {
	char key;
	const char *text;
	const char *glob; /* of its tests, for count and time; NULL = none */
	const char *help;
	void (*run)(void);
};

/* A run started by a user: after it the prompt has the current geometry and arguments again. */
static void begin_run(const char *glob, const char *geometries)
{
	struct why why = { 0 };

	if (run_tests(glob, geometries, true, &boot_args, &why))
		print_wrapped("", 0, why.text);
}

static void run_quick(void)
{
	begin_run("quick", NULL);
}

static void all_tests(void)
{
	begin_run("all", NULL);
}

static void all_geometries(void)
{
	begin_run("all", "all");
}

/* 0: until Ctrl-C. */
static void soak_endless(void)
{
	struct why why = { 0 };

	if (soak_and_report(0, NULL, true, &boot_args, &why))
		print_wrapped("", 0, why.text);
}

static void schemes(void)
{
	shell_line("show schemes");
}

static void run_bugs(void)
{
	bugs_seen_begin();
	begin_run("bugs.*", NULL);
	bugs_seen_show();
}

static void help_overview(void)
{
	help_on("", NULL);
}

static void commands(void)
{
	shell_line("help");
}

/* Some keys share a line, so that the screen has at most 25. */
#define PAIR 45 /* columns of the first of two keys on a line */
/* %u is the number of geometries that this CPU walks. */
#define ALL_GEOMETRIES "All tests, all %u geometries"

/* In the order of the screen.  `help` is what `? KEY` prints. */
static const struct menu_entry entries[] = {
	{ '1', "Walk through a hot-add and hot-remove, step by step", NULL,
	  "Adds the withheld memory, brings it online, lets every CPU use it, takes it offline and "
	  "removes it again.  Every number is measured in this run; at the end the same removal "
	  "is made without its TLB invalidation to see whether this machine could have failed.  "
	  "`cost` is that of the four operations; `besides` that of the checks around them: the "
	  "use, the pages allocated so that offline has to move them, the probes, the digests.",
	  guide_run },
	{ '2', "Quick check, without the %u slow tests", "quick",
	  "Every test that is not slow, in this geometry.", run_quick },
	{ '3', "All tests, this geometry", "all",
	  "Every registered test, in this geometry.  `list` lists them, `run GLOB` runs some.",
	  all_tests },
	{ '4', ALL_GEOMETRIES, "all",
	  "The same in each page-table format that this CPU walks.  The machine restarts in the "
	  "next one without firmware; one table at the end.  `run GLOB geometry=A,B` takes some.",
	  all_geometries },
	{ '5', "Soak: hot-add, hot-remove and TLB stress until you stop it", NULL,
	  "Litmus tests of translation, and blocks that are added and removed while every CPU uses "
	  "them.  "
	  "Ctrl-C ends it with a summary; `mark TEXT`, `cpus=N` and `report` can be typed "
	  "meanwhile; each geometry has its turns, and after a crash or a reset it continues.  "
	  "`soak 8h` stops by itself.",
	  soak_endless },
	{ '6', "TLB profile: what this machine keeps, found by experiment", NULL,
	  "Removes entries without their invalidation and tests whether each CPU still uses them: "
	  "stale leaves, parts of large leaves, tables, failed walks, reach, capacity.  Hits "
	  "over trials; docs/tlb.md explains each line.",
	  tlb_profile_print },
	{ '7', "Schemes of all axes: what each claims", NULL,
	  "Each value of each axis, what it claims, and Linux's counterpart.  `tlb=full` at the "
	  "prompt chooses one; docs/schemes.md describes how to write one.",
	  schemes },
	{ '8', "Known bugs: what notices", NULL,
	  "Each known mistake is made once in a removal; the detector that should notice it has "
	  "to.  A table of who noticed what ends it; `show bugs` describes the mistakes; "
	  "`bug=NAME` makes one while other tests run.",
	  run_bugs },
	{ '9', "Show: blocks nodes tables events log report", NULL,
	  "Prompts for what to show.  The words are commands as well.", show_menu },
	{ '0', "Settings", NULL, "The settings, their choices, and how to change them.",
	  settings_show },
	{ '?', NULL, NULL,
	  "`? 3` explains a key, `? add` a command, `? hotplug.identity` a test, `? hotplug` a "
	  "group of tests, `? memmap` an argument.",
	  help_overview },
	{ ':', NULL, NULL, "Lists the commands.", commands },
	{ 'q', NULL, NULL, "Powers the machine off.", power_off },
};

/* With one geometry key 4 would equal key 3: it does not exist then, not even for `?`. */
static bool is_available(const struct menu_entry *e)
{
	return e->run != all_geometries || matrix_size() > 1;
}

/* NULL: not a key of this machine's menu. */
static const struct menu_entry *entry_of(char key)
{
	for (unsigned i = 0; i < ARRAY_SIZE(entries); i++)
		if (entries[i].key == key && is_available(&entries[i]))
			return &entries[i];
	return NULL;
}

/* True if the entry shares a line with the one before it: the screen has 25 lines. */
static bool shares_line(const struct menu_entry *e)
{
	return e->run == run_bugs || e->run == settings_show;
}

/* The number of tests is that of the glob which the key runs; the time is an estimate from this
 * machine's own tests (run_estimate_s()).  The text of the quick check has the number of slow tests
 * that it leaves out. */
static void show_entry(const struct menu_entry *e)
{
	unsigned slow, tests, times = e->run == all_geometries ? matrix_size() : 1;
	char time[24], text[64];

	if (!e->glob) {
		bool pair = shares_line(e + 1);

		kprintf("  %c  %-*s", e->key, pair ? PAIR : 0, e->text);
		kputs(pair ? "" : "\n");
		return;
	}
	tests = select_count(e->glob, &slow) * times;
	if (e->run == run_quick)
		snprintf(text, sizeof(text), e->text, select_count("all", NULL) - tests);
	else
		snprintf(text, sizeof(text), e->text, times);
	kprintf("  %c  %-42s%5u tests  %8s\n", e->key, text, tests,
		seconds_text(run_estimate_s(tests, slow * times), time));
}

void menu_show(void)
{
	kputs("\n");
	for (unsigned i = 0; i < ARRAY_SIZE(entries); i++)
		if (entries[i].text && is_available(&entries[i]))
			show_entry(&entries[i]);
	kputs("  ?  Help on any number     :  Commands     q  Power off\n");
	kprintf("Keys take effect after Enter.  Ctrl-C stops a running test.%s\n",
		emulated_board() ? "  QEMU: Ctrl-A x." : "");
}

/* Explain a key for `? KEY`; false when there is none. */
bool menu_help(const char *what)
{
	const struct menu_entry *e = what[0] && !what[1] ? entry_of(what[0]) : NULL;
	char label[8];

	if (!e)
		return false;
	snprintf(label, sizeof(label), "%c", e->key);
	print_wrapped(label, 4, e->help);
	return true;
}

/* `?` and any word.  Returns true: an unknown word is reported here. */
static bool help_question(const char *line)
{
	struct why why = { 0 };
	const char *what = line + 1;

	while (*what == ' ')
		what++;
	if (help_on(what, &why))
		print_wrapped("? ", 2, why.text);
	return true;
}

/* A single character is a key, or a typing error that lists the keys: no command has one letter. */
bool menu_key(const char *line)
{
	const struct menu_entry *e;

	if (!*line) {
		menu_show();
		return true;
	}
	if (line[0] == '?')
		return help_question(line);
	if (line[1])
		return false;
	e = entry_of(line[0]);
	if (!e) {
		kprintf("%c does nothing here.  Keys: 1 2 3%s 5 6 7 8 9 0 ? : q; `help` lists "
			"commands.\n",
			line[0], matrix_size() > 1 ? " 4" : "");
		return true;
	}
	e->run();
	return true;
}

/* A glob that matches nothing is no refusal: the runner prints an end line for it. */
static void run_from_arguments(void)
{
	const char *geometries =
		arg_given(NULL, ARG_GEOMETRY) ? arg_text(NULL, ARG_GEOMETRY) : NULL;
	const char *glob = arg_text(NULL, ARG_RUN);
	struct why why = { 0 };

	if (run_tests(glob, geometries, false, &boot_args, &why))
		run_refused(why.text);
}

static void soak_from_arguments(void)
{
	const char *geometries =
		arg_given(NULL, ARG_GEOMETRY) ? arg_text(NULL, ARG_GEOMETRY) : NULL;
	struct why why = { 0 };

	if (soak_and_report(arg_number(NULL, ARG_SOAK), geometries, false, &boot_args, &why))
		run_refused(why.text);
}

/* The last words of the boot line: comparisons and benchmarks run after run= and soak=, because
 * they would disturb memory and TLBs of those; then `exit`. */
static void finish_boot_arguments(void)
{
	if (arg_given(NULL, ARG_COMPARE))
		compare_and_report(arg_text(NULL, ARG_COMPARE));
	if (arg_given(NULL, ARG_BENCH))
		bench_run(arg_text(NULL, ARG_BENCH));
	if (arg_flag(NULL, ARG_EXIT))
		power_off();
}

/* Does the boot line request work that is measured before the prompt? */
static bool has_boot_work(void)
{
	static const enum arg_id work[] = { ARG_RUN, ARG_SOAK, ARG_COMPARE, ARG_BENCH };
	bool any = restart.resumed;

	for (unsigned i = 0; i < ARRAY_SIZE(work); i++)
		any |= arg_given(NULL, work[i]);
	return any;
}

/* Execute the boot arguments; after a restart only the remaining ones.  A soak is first: its record
 * is kept separately and also survives a reset.  A run or soak that a user started at the prompt
 * ends at the prompt: the words of the boot line were executed before it. */
static void run_boot_arguments(void)
{
	unsigned nr_refused;
	const char *refused = restart.resumed ? NULL : args_refused(&nr_refused);

	if (refused && (has_boot_work() || arg_flag(NULL, ARG_EXIT))) {
		run_refused(refused);
		if (arg_flag(NULL, ARG_EXIT))
			power_off();
		return;
	}
	if (has_boot_work())
		memmap_late_finish();
	if (soak_resume()) {
		if (!soak.saved.interactive)
			finish_boot_arguments();
		return;
	}
	if (restart.resumed && (!run_resume() || run.saved.interactive))
		return;
	if (!restart.resumed && arg_given(NULL, ARG_RUN))
		run_from_arguments();
	if (arg_given(NULL, ARG_SOAK))
		soak_from_arguments();
	finish_boot_arguments();
}

/* event_lines_init() is called before the run, so that events during it are printed.  run_init() is
 * called before the banner: if a run continues there is no banner, because the log continues that
 * of the run. */
void shell_main(void)
{
	const char *line;

	run_args_init();
	event_lines_init();
	id_know_machine();
	run_init();
	progress_init();
	pager_init(read_key);
	if (!run.saved.active && !soak_lives())
		banner_show();
	bench_boot_cost = arch_instret_works() ? arch_instret_since_entry() : 0;
	run_boot_arguments();
	run_prompt_reached();
	menu_show();
	for (;;) {
		line = read_line(PROMPT);
		if (line)
			shell_line(line);
	}
}
