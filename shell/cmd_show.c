/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_show.c - show failure N, machine, schemes, bugs; list; and key 9.
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/memmap/memmap.h>
#include <mm/policy/policy.h>
#include <shell/axis.h>
#include <shell/command.h>
#include <shell/screen/pager.h>
#include <shell/shell.h>
#include <tests/harness/bug.h>
#include <tests/harness/machine_id.h>
#include <tests/harness/run.h>

#define COLUMN 26      /* of schemes */
#define TEST_COLUMN 39 /* two a line */

/* Failures of the newest run count from 1; a number beyond 32 bits is beyond the table and is
 * refused there. */
static int show_failure(const struct command_line *line, struct why *why)
{
	u64 nr = 1;

	if (line->nr_words > 1 && parse_number(line->words[1], &nr))
		return refuse(why, EINVAL, "failure: `%s` is no number", line->words[1]);
	return failure_show(min_u32(~0u, nr), why);
}

/* Banner and `id` together, for a user's bug report. */
static int show_machine(const struct command_line *line, struct why *why)
{
	(void)line;
	(void)why;
	banner_show();
	id_print();
	return 0;
}

/* Names in two columns; a name that is too long for its column has a line of its own.  `left` holds
 * a name until the next one fits beside it or not.  False: the reader has seen enough.  *nr counts
 * the names. */
static bool test_names(const char *glob, unsigned *nr)
{
	char name[TEST_NAME_MAX], left[TEST_NAME_MAX] = "";
	struct selected one;
	struct select s;

	pager_begin();
	for (select_begin(&s, glob); select_next(&s, &one); ++*nr) {
		bool fits = strlen(select_name(&one, name)) <= TEST_COLUMN;

		if (*left && !pager_room(1))
			return false;
		if (*left && fits) {
			kprintf("%-*s %s\n", TEST_COLUMN, left, name);
			*left = 0;
			continue;
		}
		if (*left)
			kprintf("%s\n", left);
		snprintf(left, sizeof(left), "%s", name);
		if (fits)
			continue;
		if (!pager_room(1))
			return false;
		kprintf("%s\n", left);
		*left = 0;
	}
	if (*left && pager_room(1))
		kprintf("%s\n", left);
	return true;
}

/* A glob that matches no test is refused, so that a script notices a typing error. */
static int list(const struct command_line *line, struct why *why)
{
	const char *glob = line->nr_words ? line->words[0] : "all";
	unsigned nr = 0;

	if (!test_names(glob, &nr))
		return 0;
	if (!nr)
		return refuse(why, ENOENT, "%s names no test", glob);
	kprintf("%u test%s; `? NAME` prints the claim of one, `? GROUP` of a group\n", nr,
		nr == 1 ? "" : "s");
	return 0;
}

static const struct command list_command = {
	.name = "list",
	.group = GROUP_TESTS,
	.usage = "list [GLOB]",
	.help = "Lists the names of the tests, or of those that GLOB names.",
	.run = list,
};
COMMAND(list, list_command);

/* Name (after `=` if an argument chooses it) and claim, then Linux's counterpart, then why it is
 * unsafe; false: the reader has seen enough. */
static bool scheme(const struct axis *a, const struct scheme *s)
{
	char label[32];

	snprintf(label, sizeof(label), "%s%s%s ", a->name, a->arg < ARG_NR ? "=" : " ", s->name);
	return pager_wrapped(label, COLUMN, s->claim) &&
	       (!s->linux_peer || pager_wrapped("", COLUMN, s->linux_peer)) &&
	       (!s->unsafe || pager_wrapped("  UNSAFE", COLUMN, s->unsafe));
}

static int show_schemes(const struct command_line *line, struct why *why)
{
	(void)line;
	(void)why;
	pager_begin();
	for (unsigned i = 0; i < axes_nr; i++)
		axis_for_each(&axes[i], it) if (!scheme(&axes[i], axis_scheme(it))) return 0;
	kputs("`compare AXIS` measures them side by side, `promises` lists their promises.\n");
	return 0;
}

/* Each bug with its mistake and the detector that has to notice it; beside the detector the place
 * where the same mistake was made for real, if it is known. */
static int show_bugs(const struct command_line *line, struct why *why)
{
	char label[32], noticed[32];

	(void)line;
	(void)why;
	pager_begin();
	reg_for_each (bugs, it) {
		const char *precedent = (*it)->precedent ? (*it)->precedent : "";

		snprintf(label, sizeof(label), "bug=%s ", (*it)->name);
		snprintf(noticed, sizeof(noticed), "  noticed by %s", (*it)->detector);
		if (!pager_wrapped(label, COLUMN, (*it)->breaks) ||
		    !pager_wrapped(noticed, COLUMN, precedent))
			return 0;
	}
	return 0;
}

/* The word after `show`; the functions parse the words after it. */
static const struct {
	const char *word;
	int (*show)(const struct command_line *, struct why *);
} shows[] = {
	{ "failure", show_failure },
	{ "machine", show_machine },
	{ "schemes", show_schemes },
	{ "bugs", show_bugs },
};

static int show(const struct command_line *line, struct why *why)
{
	for (unsigned i = 0; line->nr_words && i < ARRAY_SIZE(shows); i++)
		if (strcmp(shows[i].word, line->words[0]) == 0)
			return shows[i].show(line, why);
	return refuse(why, EINVAL, "show what? failure N, machine, schemes, bugs");
}

static const struct command command = {
	.name = "show",
	.group = GROUP_TESTS,
	.usage = "show failure N | machine | schemes | bugs",
	.help = "Shows a failure of the last run, this machine, the schemes, or the bugs that "
		"`bug=` plants.",
	.run = show,
};
COMMAND(show, command);

/* ---- key 9 ---- */

/* Answers to the question of key 9: a letter, or the command for it. */
static const struct {
	char key;
	const char *word;
} menu[] = {
	{ 'b', "blocks" }, { 'n', "nodes" }, { 't', "tables" },
	{ 'e', "events" }, { 'l', "log" },   { 'r', "report" },
};

/* Enter alone takes the default [b]; Ctrl-C returns to the prompt. */
void show_menu(void)
{
	const char *answer =
		read_line("Show what?  b) blocks  n) nodes  t) tables  e) events  l) log  "
			  "r) report\n[b] ");

	if (!answer)
		return;
	if (!*answer)
		answer = "b";
	for (unsigned i = 0; i < ARRAY_SIZE(menu); i++)
		if ((answer[0] == menu[i].key && !answer[1]) || strcmp(answer, menu[i].word) == 0) {
			shell_line(menu[i].word);
			return;
		}
	kprintf("`%s`: choose b, n, t, e, l or r\n", answer);
}
