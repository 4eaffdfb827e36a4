/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_help.c - help, `? WHAT`: help on keys, commands, tests, groups and arguments.
 *
 * All texts are from the registration tables, so they describe exactly this image.  Lists stop when
 * the screen is full (shell/screen/pager.h): a function here returns false if the reader has seen
 * enough.
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <shell/command.h>
#include <shell/screen/pager.h>
#include <shell/screen/text.h>
#include <shell/shell.h>
#include <tests/harness/run.h>

/* Two blanks, the longest name of a command, one blank. */
#define NAME_COLUMN 14

/* The command whose name follows `name` in the alphabet; NULL after the last.  Commands register in
 * link order; for a few dozen a search for each next one is cheaper than a sorted copy. */
static const struct command *next_command(const char *name)
{
	const struct command *best = NULL;

	reg_for_each (commands, it)
		if (strcmp((*it)->name, name) > 0 && (!best || strcmp((*it)->name, best->name) < 0))
			best = *it;
	return best;
}

/* The headings of `help`, in the order of enum command_group. */
static const char *const group_titles[GROUP_NR] = {
	[GROUP_MEMORY] = "Memory",   [GROUP_DEVICES] = "Memory of devices",
	[GROUP_LOOK] = "State",      [GROUP_TESTS] = "Tests and experiments",
	[GROUP_MACHINE] = "Machine", [GROUP_SESSION] = "Session",
};

/* Only the first sentence of the help. */
static bool list_command(const struct command *c)
{
	char label[24], text[200];
	const char *end = strchr(c->help, '.');

	snprintf(label, sizeof(label), "  %s ", c->name);
	snprintf(text, sizeof(text), "%.*s", end ? (int)(end - c->help) : (int)strlen(c->help),
		 c->help);
	return pager_wrapped(label, NAME_COLUMN, text);
}

static bool list_group(unsigned group)
{
	if (!pager_wrapped("", 0, group_titles[group]))
		return false;
	for (const struct command *c = next_command(""); c; c = next_command(c->name))
		if (c->group == group && !list_command(c))
			return false;
	return true;
}

static void list_commands(void)
{
	pager_begin();
	for (unsigned group = 0; group < GROUP_NR; group++)
		if (!list_group(group))
			return;
	pager_wrapped("", 0,
		      "A command line is COMMAND [ADDR+SIZE | node N | blocks A-B] [key=value "
		      "...]; `help args` lists the keys.");
}

/* ---- arguments ---- */

/* args_print_table() cannot be stopped: after `q` the remaining lines are dropped. */
static bool seen_enough;

/* Called for each line of the table of arguments. */
static void arg_line(const char *text)
{
	seen_enough = seen_enough || !pager_room(1);
	if (!seen_enough)
		kprintf("%s\n", text);
}

static void list_args(void)
{
	pager_begin();
	seen_enough = false;
	args_print_table(arg_line);
}

/* ---- one thing ---- */

/* A wrapped usage line continues below the arguments, not below the name. */
static void usage(const char *text)
{
	const char *blank = strchr(text, ' ');
	size_t n = blank ? (size_t)(blank - text) + 1 : strlen(text);
	char name[24];

	snprintf(name, sizeof(name), "%.*s", (int)n, text);
	print_wrapped(name, (unsigned)n, text + n);
}

/* The whole help of a command, all sentences. */
static bool command_help(const char *name)
{
	reg_for_each (commands, it) {
		if (strcmp((*it)->name, name))
			continue;
		usage((*it)->usage);
		print_wrapped("", 2, (*it)->help);
		return true;
	}
	return false;
}

/* Can the test run here, and could it fail here?  A pass on a machine that cannot show the failure
 * is no evidence. */
static void needs_line(const struct test *t)
{
	char reason[160];
	const char *missing = needs_missing(t->needs, reason, sizeof(reason));

	kprintf("  here    %s; a failure could show: %s\n", missing ? missing : "can run",
		could_text(t));
}

/* Explain a test by its exact name, without a parameter. */
static bool test_help(const char *name)
{
	const struct test *t = select_find(name);

	if (!t)
		return false;
	kprintf("%s\n", t->name);
	print_wrapped("  claim", 10, t->claim ? t->claim : "none given");
	print_wrapped("  rows", 10, t->rows ? t->rows : "none");
	kprintf("  file    %s, rev %u%s\n", t->file, test_rev(t), t->slow ? ", slow" : "");
	for (unsigned i = 0; test_param(t, i); i++)
		kprintf("  with    /%s\n", test_param(t, i));
	needs_line(t);
	return true;
}

/* ---- a group of tests, or a pattern of names ---- */

/* Print each test that the glob matches, with its claim, once for all its parameters.  False: it
 * matches none. */
static bool claims(const char *glob)
{
	const struct test *before = NULL;
	struct selected one;
	struct select s;

	pager_begin();
	for (select_begin(&s, glob); select_next(&s, &one);) {
		const struct test *t = one.entry->test;

		if (t == before) /* another parameter of it */
			continue;
		before = t;
		if (!pager_wrapped("", 0, t->name) ||
		    !pager_wrapped("", 4, t->claim ? t->claim : "no claim given"))
			return true;
	}
	if (before)
		pager_wrapped("", 0, "`? NAME` explains one; `run GLOB` runs them.");
	return before != NULL;
}

/* Accepts "hotplug", "hotplug." and "hotplug.*". */
static bool group_help(const char *name)
{
	size_t n = strlen(name);
	char glob[TEST_NAME_MAX];

	if (strchr(name, '*') || strchr(name, ','))
		return claims(name);
	if (strcmp(name, "all") == 0 || strcmp(name, "quick") == 0)
		return false; /* `list` is for those */
	snprintf(glob, sizeof(glob), "%s%s*", name, n && name[n - 1] == '.' ? "" : ".");
	return claims(glob);
}

/* The current value, from boot or from the prompt, and the other choices. */
static bool arg_help(const char *name)
{
	for (unsigned i = 0; i < ARG_NR; i++) {
		const struct arg *a = &arg_table[i];

		if (strcmp(a->name, name))
			continue;
		kprintf("%s=%s   now: %s\n", a->name, a->values ? a->values : "...",
			*arg_text(NULL, i) ? arg_text(NULL, i) : "not set");
		print_wrapped("", 2, a->help);
		return true;
	}
	return false;
}

/* `?` alone: one line for each kind of thing that has help. */
static void overview(void)
{
	kputs("A number or sign of the menu, or a command; it takes effect after Enter.\n"
	      "  ? 1                explains a key            ? add     a command\n"
	      "  ? hotplug.cycle    what a test claims        ? memmap  an argument\n"
	      "  ? hotplug          tests of a group          list      the names of all tests\n"
	      "  help               all commands              help args all arguments\n"
	      "  add blocks 16-23   acts on a target: ADDR+SIZE, node N or blocks A-B\n"
	      "  memmap=block       changes a setting; 0 shows them\n"
	      "Backspace and arrows edit, Tab completes, Up recalls, Ctrl-U and Ctrl-C clear.\n");
}

/* Keys first, because the menu promises `?` on any number; groups last, because almost any text
 * could be one. */
int help_on(const char *what, struct why *why)
{
	if (!*what) {
		overview();
		return 0;
	}
	if (menu_help(what) || command_help(what) || test_help(what) || arg_help(what) ||
	    group_help(what))
		return 0;
	return refuse(why, ENOENT,
		      "%s is no key, command, test, group or argument; see `help` and `list`",
		      what);
}

static int help(const struct command_line *line, struct why *why)
{
	if (!line->nr_words)
		list_commands();
	else if (strcmp(line->words[0], "args") == 0)
		list_args();
	else
		return help_on(line->words[0], why);
	return 0;
}

static const struct command command = {
	.name = "help",
	.group = GROUP_SESSION,
	.usage = "help [args | COMMAND | TEST | GROUP | KEY]",
	.help = "Lists commands or arguments, or explains a command, a test, a group of "
		"tests, an argument or a key.  `?` is the same.",
	.run = help,
};
COMMAND(help, command);
