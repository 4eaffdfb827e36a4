// SPDX-License-Identifier: BSD-2-Clause
/* shell/cmd_help.c - help, `? WHAT`: keys, commands, tests and arguments explain themselves. */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <shell/command.h>
#include <tests/harness/run.h>
#include <shell/shell.h>

#define NAME_COLUMN 12

/* The one whose name follows `name` in the alphabet; NULL after the last. */
static const struct command *next_command(const char *name)
{
	const struct command *best = NULL;

	reg_for_each (commands, it)
		if (strcmp((*it)->name, name) > 0 && (!best || strcmp((*it)->name, best->name) < 0))
			best = *it;
	return best;
}

/* One line each: only the first sentence of the help. */
static void list_commands(void)
{
	for (const struct command *c = next_command(""); c; c = next_command(c->name)) {
		const char *end = strchr(c->help, '.');
		int n = end ? (int)(end - c->help) : (int)strlen(c->help);

		kprintf("%-*s%.*s\n", NAME_COLUMN, c->name, n, c->help);
	}
	kputs("COMMAND [ADDR+SIZE | node N | blocks A-B] [key=value ...]; `help args`\n");
}

static void arg_line(const char *text)
{
	kprintf("%s\n", text);
}

static bool command_help(const char *name)
{
	reg_for_each (commands, it) {
		if (strcmp((*it)->name, name))
			continue;
		kprintf("%s\n", (*it)->usage);
		print_wrapped("", 2, (*it)->help);
		return true;
	}
	return false;
}

static void needs_line(const struct test *t)
{
	char reason[160];
	const char *missing = needs_missing(t->needs, reason, sizeof(reason));

	kprintf("  here    %s; a failure could show: %s\n", missing ? missing : "can run",
		could_text(t));
}

static bool test_help(const char *name)
{
	const struct test *t = select_find(name);

	if (!t)
		return false;
	kprintf("%s\n", t->name);
	print_wrapped("  claim", 10, t->claim ? t->claim : "none given");
	print_wrapped("  rows", 10, t->rows ? t->rows : "none");
	kprintf("  file    %s, rev %u%s\n", t->file, test_rev(t), t->slow ? ", slow" : "");
	for (unsigned i = 0; t->params && t->params[i]; i++)
		kprintf("  with    /%s\n", t->params[i]);
	needs_line(t);
	return true;
}

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

static void overview(void)
{
	kputs("A number or sign of the menu, or a command; it takes effect after Enter.\n"
	      "  ? 1                explains a key            ? add     a command\n"
	      "  ? hotplug.cycle    what a test claims        ? memmap  an argument\n"
	      "  help               all commands              help args all arguments\n"
	      "  add blocks 16-23   acts on a target: ADDR+SIZE, node N or blocks A-B\n"
	      "  memmap=block       changes a setting; 0 shows them\n"
	      "Keys in a line: Backspace, arrows, Ctrl-U clears it, Ctrl-C gives it up, Up "
	      "recalls.\n");
}

int help_on(const char *what, struct why *why)
{
	if (!*what) {
		overview();
		return 0;
	}
	if (menu_help(what) || command_help(what) || test_help(what) || arg_help(what))
		return 0;
	return refuse(why, ENOENT, "%s is no key, command, test or argument; `help`, `show tests`",
		      what);
}

static int help(const struct command_line *line, struct why *why)
{
	if (!line->nr_words)
		list_commands();
	else if (strcmp(line->words[0], "args") == 0)
		args_print_table(arg_line);
	else
		return help_on(line->words[0], why);
	return 0;
}

static const struct command command = {
	.name = "help",
	.usage = "help [args | COMMAND | TEST | KEY]",
	.help = "Lists commands or arguments, or explains one thing.  `?` is the same.",
	.run = help,
};
COMMAND(help, command);
