// SPDX-License-Identifier: BSD-2-Clause
/* shell/cmd_show.c - show failure N, machine, tests, schemes; and key 9, which asks. */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/memmap/memmap.h>
#include <mm/policy/policy.h>
#include <shell/command.h>
#include <tests/harness/machine_id.h>
#include <tests/harness/run.h>
#include <shell/shell.h>
#include <tests/harness/bug.h>

#define COLUMN 26      /* of schemes */
#define TEST_COLUMN 39 /* two a line */

static int show_failure(const struct command_line *line, struct why *why)
{
	u64 nr = 1;

	if (line->nr_words > 1 && parse_number(line->words[1], &nr))
		return refuse(why, EINVAL, "failure: `%s` is no number", line->words[1]);
	return failure_show((unsigned)min_u64(nr, ~0u), why);
}

static int show_machine(const struct command_line *line, struct why *why)
{
	(void)line;
	(void)why;
	banner_show();
	id_print();
	return 0;
}

static int show_tests(const struct command_line *line, struct why *why)
{
	const char *glob = line->nr_words > 1 ? line->words[1] : "all";
	char name[TEST_NAME_MAX];
	struct selected one;
	struct select s;
	unsigned nr = 0;

	for (select_begin(&s, glob); select_next(&s, &one); nr++)
		if (nr % 2)
			kprintf("%s\n", select_name(&one, name));
		else
			kprintf("%-*s ", TEST_COLUMN, select_name(&one, name));
	if (!nr)
		return refuse(why, ENOENT, "%s names no test", glob);
	kprintf("%s%u tests; `? NAME` says what one claims\n", nr % 2 ? "\n" : "", nr);
	return 0;
}

static void scheme(const char *axis, const struct scheme *s)
{
	char label[32];

	snprintf(label, sizeof(label), "%s=%s ", axis, s->name);
	print_wrapped(label, COLUMN, s->claim);
	if (s->linux_peer)
		print_wrapped("", COLUMN, s->linux_peer);
	if (s->unsafe)
		print_wrapped("  UNSAFE", COLUMN, s->unsafe);
}

static int show_schemes(const struct command_line *line, struct why *why)
{
	(void)line;
	(void)why;
	reg_for_each (tlb, it)
		scheme("tlb", &(*it)->s);
	reg_for_each (memmap, it)
		scheme("memmap", &(*it)->s);
	reg_for_each (remove, it)
		scheme("remove", &(*it)->s);
	reg_for_each (vmalloc, it)
		scheme("vmalloc", &(*it)->s);
	return 0;
}

static int show_bugs(const struct command_line *line, struct why *why)
{
	char label[32];

	(void)line;
	(void)why;
	reg_for_each (bugs, it) {
		snprintf(label, sizeof(label), "bug=%s ", (*it)->name);
		print_wrapped(label, COLUMN, (*it)->breaks);
		snprintf(label, sizeof(label), "  noticed by %s", (*it)->detector);
		print_wrapped(label, COLUMN, (*it)->precedent ? (*it)->precedent : "");
	}
	return 0;
}

static const struct {
	const char *word;
	int (*show)(const struct command_line *, struct why *);
} shows[] = {
	{ "failure", show_failure }, { "machine", show_machine }, { "tests", show_tests },
	{ "schemes", show_schemes }, { "bugs", show_bugs },
};

static int show(const struct command_line *line, struct why *why)
{
	for (unsigned i = 0; line->nr_words && i < ARRAY_SIZE(shows); i++)
		if (strcmp(shows[i].word, line->words[0]) == 0)
			return shows[i].show(line, why);
	return refuse(why, EINVAL, "show what? failure N, machine, tests [GLOB], schemes, bugs");
}

static const struct command command = {
	.name = "show",
	.usage = "show failure N | machine | tests [GLOB] | schemes | bugs",
	.help = "A failure of the last run, this machine, the tests, the schemes, mistakes to "
		"make.",
	.run = show,
};
COMMAND(show, command);

/* ---- key 9 ---- */

static const struct {
	char key;
	const char *word;
} menu[] = {
	{ 'b', "blocks" }, { 'n', "nodes" }, { 't', "tables" },
	{ 'e', "events" }, { 'l', "log" },   { 'r', "report" },
};

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
	kprintf("`%s` is none of them.\n", answer);
}
