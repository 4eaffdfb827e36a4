/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/complete.c - see complete.h.
 *
 * A candidate is an offered text that begins with the word at the cursor.  There is no state: each
 * Tab scans the tables anew, once to find the common part of the candidates and, for the list,
 * twice more (widths, then text).
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <shell/axis.h>
#include <shell/command.h>
#include <shell/complete.h>
#include <tests/harness/bench.h>
#include <tests/harness/bug.h>
#include <tests/harness/select.h>

/* Width of a list, as of every line at the prompt. */
#define COLUMNS 79

/* One query: the word, which is part of the line and has no terminator, and the receiver of the
 * candidates. */
struct query {
	const char *word; /* the word to complete */
	size_t len;
	void (*one)(const char *text, void *arg);
	void *arg;
};

/* Pass the text on if it begins with the word; every text begins with an empty word. */
static void offer(const struct query *a, const char *text)
{
	if (strncmp(text, a->word, a->len) == 0)
		a->one(text, a->arg);
}

/* ---- commands and arguments ---- */

/* As next_command() of cmd_help.c, which the host program does not link: the next name in the
 * alphabet. */
static const struct command *command_after(const char *name)
{
	const struct command *best = NULL;

	reg_for_each (commands, it)
		if (strcmp((*it)->name, name) > 0 && (!best || strcmp((*it)->name, best->name) < 0))
			best = *it;
	return best;
}

static void offer_commands(const struct query *a)
{
	for (const struct command *c = command_after(""); c; c = command_after(c->name))
		offer(a, c->name);
}

/* With their `=`, so that a Tab stops before the value. */
static void offer_args(const struct query *a)
{
	char text[40];

	for (unsigned i = 0; i < ARG_NR; i++) {
		snprintf(text, sizeof(text), "%s=", arg_table[i].name);
		offer(a, text);
	}
}

static bool is_command(const char *name)
{
	reg_for_each (commands, it)
		if (strcmp((*it)->name, name) == 0)
			return true;
	return false;
}

/* For `help`, without `=`; a name that is also a command is offered once, as the command. */
static void offer_arg_names(const struct query *a)
{
	for (unsigned i = 0; i < ARG_NR; i++)
		if (!is_command(arg_table[i].name))
			offer(a, arg_table[i].name);
}

/* ---- tests: a group first, then the names in it, then parameters ---- */

/* "hotplug." and its like, each once: select returns the tests in the order of their names, so
 * equal groups are adjacent.  Every name has a dot (lint names). */
static void offer_groups(const struct query *a)
{
	char group[TEST_NAME_MAX], before[TEST_NAME_MAX] = "";
	struct selected one;
	struct select s;

	for (select_begin(&s, "all"); select_next(&s, &one);) {
		const char *dot = strchr(one.entry->test->name, '.');

		snprintf(group, sizeof(group), "%.*s", (int)(dot - one.entry->test->name + 1),
			 one.entry->test->name);
		if (strcmp(group, before) != 0)
			offer(a, group);
		memcpy(before, group, sizeof(before));
	}
}

/* Tests; with `params` the name with each parameter instead: group.test/param. */
static void offer_names(const struct query *a, bool params)
{
	const struct test *before = NULL;
	char name[TEST_NAME_MAX];
	struct selected one;
	struct select s;

	for (select_begin(&s, "all"); select_next(&s, &one);) {
		if (params)
			offer(a, select_name(&one, name));
		else if (one.entry->test != before)
			offer(a, one.entry->test->name);
		before = one.entry->test;
	}
}

/* A user types a name part by part: Tab offers groups up to the dot, then names, then parameters
 * after the `/`, because a list of hundreds of names is useless. */
static void offer_tests(const struct query *a)
{
	if (memchr(a->word, '.', a->len)) {
		offer_names(a, memchr(a->word, '/', a->len) != NULL);
		return;
	}
	offer(a, "all");
	offer(a, "quick");
	offer_groups(a);
}

static void offer_benches(const struct query *a)
{
	reg_for_each (benches, it)
		offer(a, (*it)->name);
}

static void offer_axes(const struct query *a)
{
	offer(a, "all");
	for (unsigned i = 0; i < axes_nr; i++)
		offer(a, axes[i].name);
}

/* ---- values of an argument ---- */

/* Offers the schemes of the axis that the argument chooses. */
static void offer_schemes(const struct query *a, enum arg_id id)
{
	for (unsigned i = 0; i < axes_nr; i++)
		if (axes[i].arg == id)
			axis_for_each(&axes[i], it) offer(a, axis_scheme(it)->name);
}

/* Only those that this CPU supports, by both names that geometry= accepts. */
static void offer_geometries(const struct query *a)
{
	reg_for_each (formats, it) {
		if (!geometry_usable(*it))
			continue;
		offer(a, (*it)->name);
		if (strchr((*it)->name, '-')) /* the form without the architecture */
			offer(a, strchr((*it)->name, '-') + 1);
	}
	offer(a, "all");
}

/* "host|block|device|NAME": a literal has no capital except the first letter ("Movable"); a dot or
 * a plus make a placeholder ("MIN..MAX", "ADDR+SIZE"), and a single character is a number's name
 * ("N"). */
static bool is_literal(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strchr("+.", text[i]) || (i && text[i] >= 'A' && text[i] <= 'Z'))
			return false;
	return n > 1;
}

/* Offers the alternatives of a `values` text of the table of arguments; NULL offers nothing. */
static void offer_alternatives(const struct query *a, const char *values)
{
	while (values && *values) {
		const char *bar = strchr(values, '|');
		size_t n = bar ? (size_t)(bar - values) : strlen(values);
		char text[40];

		snprintf(text, sizeof(text), "%.*s", (int)n, values);
		if (is_literal(values, n))
			offer(a, text);
		values += n + (bar != NULL);
	}
}

/* The cases are the arguments whose values are names of registered objects; the table has the
 * values of all others. */
static void offer_values(const struct query *a, enum arg_id id)
{
	switch (id) {
	case ARG_TLB:
	case ARG_MEMMAP:
	case ARG_REMOVE:
	case ARG_VMALLOC:
	case ARG_TABLES:
	case ARG_FRAG:
	case ARG_NEWMAP:
		return offer_schemes(a, id);
	case ARG_RUN:
		return offer_tests(a);
	case ARG_BENCH:
		return offer_benches(a);
	case ARG_COMPARE:
		return offer_axes(a);
	case ARG_GEOMETRY:
		return offer_geometries(a);
	case ARG_BUG:
		reg_for_each (bugs, it)
			offer(a, (*it)->name);
		return;
	default:
		offer_alternatives(a, arg_table[id].type == ARG_FLAG ? "on|off"
								     : arg_table[id].values);
	}
}

/* Is the word `key=...`?  Then offer values; an unknown key has none.  A value may be a list, whose
 * last part is completed: the word becomes that part. */
static bool value_of_arg(struct query *a)
{
	const char *equals = memchr(a->word, '=', a->len), *from;

	if (!equals)
		return false;
	from = equals + 1;
	for (const char *p = from; p < a->word + a->len; p++)
		if (*p == ',')
			from = p + 1;
	for (unsigned id = 0; id < ARG_NR; id++) {
		size_t n = strlen(arg_table[id].name);

		if (n != (size_t)(equals - a->word) || memcmp(arg_table[id].name, a->word, n))
			continue;
		a->len -= (size_t)(from - a->word);
		a->word = from;
		offer_values(a, id);
		return true;
	}
	return true;
}

/* ---- what the usage line of a command names: words in small letters, and `key=` ---- */

/* A word of a usage line, of `n` characters: `key=value` stands for all arguments, `memmap=SCHEME`
 * for "memmap=", a word with a capital or a digit for a value that the user chooses. */
static void offer_usage_word(const struct query *a, const char *word, size_t n)
{
	const char *equals = memchr(word, '=', n);
	char text[40];

	if (n > 1 && n < 12 && !memcmp(word, "key=value", min_u64(n, 9)))
		return offer_args(a);
	if (equals)
		n = (size_t)(equals - word) + 1;
	for (size_t i = 0; i < n; i++)
		if (!(word[i] >= 'a' && word[i] <= 'z') && !strchr("-=", word[i]))
			return;
	snprintf(text, sizeof(text), "%.*s", (int)n, word);
	if (n > 1)
		offer(a, text);
}

/* Usage lines are text for people, so this splits them as people do: words between blanks, brackets
 * and bars, where a bar after `=` separates values and not words. */
static void offer_usage(const struct query *a, const struct command *c)
{
	const char *p = c->usage;

	while (*p && *p != ' ')
		p++; /* its own name */
	while (*p) {
		size_t n = 0;
		bool value = false;

		while (*p && strchr(" []|", *p))
			p++;
		while (p[n] && !strchr(" []", p[n]) && (value || p[n] != '|'))
			value |= p[n++] == '=';
		if (strncmp(p, c->name, n) || c->name[n]) /* `tlb profile | tlb stress` */
			offer_usage_word(a, p, n);
		p += n;
	}
}

/* ---- a line ---- */

/* Everything that `? WHAT` explains, except the keys of the menu, which are one character. */
static void offer_help(const struct query *a)
{
	if (!memchr(a->word, '.', a->len)) {
		offer_commands(a);
		offer_arg_names(a);
	}
	offer_tests(a);
}

static bool is_word(const char *text, const char *from, size_t n)
{
	return strlen(text) == n && memcmp(text, from, n) == 0;
}

/* The words of these commands are names of tests; their usage lines have only the placeholder
 * GLOB. */
static bool takes_tests(const char *line, const char *word)
{
	static const char *const before[] = { "run ", "list " };

	for (unsigned i = 0; i < ARRAY_SIZE(before); i++) {
		size_t n = strlen(before[i]);

		if ((size_t)(word - line) >= n && memcmp(line, before[i], n) == 0)
			return true;
	}
	return false;
}

/* Completes the part after the last comma: `run a.b,c.` completes c. */
static void offer_test_list(const struct query *a)
{
	struct query part = *a;

	while (memchr(part.word, ',', part.len)) {
		part.word++;
		part.len--;
	}
	offer_tests(&part);
}

/* Words after the command that `line` begins with: those of its usage, and, for some commands,
 * lists that only this file knows. */
static void offer_words(struct query *a, const char *line)
{
	const char *blank = strchr(line, ' ');
	size_t n = blank ? (size_t)(blank - line) : strlen(line);

	if (takes_tests(line, a->word))
		offer_test_list(a);
	if (is_word("bench", line, n))
		offer_benches(a);
	if (is_word("compare", line, n))
		offer_axes(a);
	if (is_word("help", line, n) || *line == '?')
		offer_help(a);
	reg_for_each (commands, it)
		if (is_word((*it)->name, line, n))
			offer_usage(a, *it);
}

/* Find the word at the cursor, and return the line without leading blanks.  `?` ends a word too, so
 * that `?add` can be completed without a blank. */
static const char *split_line(struct query *a, const char *line, unsigned at)
{
	const char *from = line + at;

	while (from > line && from[-1] != ' ' && from[-1] != '?')
		from--;
	a->word = from;
	a->len = (size_t)(line + at - from);
	while (*line == ' ')
		line++;
	return line;
}

/* The first word of a line may be a command or a setting; later words depend on it. */
void complete_each(const char *line, unsigned at, void (*one)(const char *text, void *arg),
		   void *arg)
{
	struct query a = { .one = one, .arg = arg };
	const char *first = split_line(&a, line, at);

	if (value_of_arg(&a))
		return;
	if (first < a.word)
		return offer_words(&a, first);
	offer_commands(&a);
	offer_args(&a);
}

/* ---- the common part ---- */

/* Cut the text down to its common part with the new candidate. */
static void common_prefix(const char *text, void *arg)
{
	struct completion *c = arg;
	size_t n = 0;

	if (!c->nr++) {
		snprintf(c->text, sizeof(c->text), "%s", text);
		return;
	}
	while (c->text[n] && c->text[n] == text[n])
		n++;
	c->text[n] = 0;
}

void complete(const char *line, unsigned at, struct completion *c)
{
	char end;
	size_t n;

	memset(c, 0, sizeof(*c));
	complete_each(line, at, common_prefix, c);
	n = strlen(c->text);
	end = n ? c->text[n - 1] : 0;
	c->whole = c->nr == 1 && end != '=' && end != '.';
	/* The typed part: the longest end of the line that the candidates begin with.  It may be
	 * shorter than the word, where a list has commas. */
	for (c->typed = n < at ? n : at; c->typed; c->typed--)
		if (memcmp(line + at - c->typed, c->text, c->typed) == 0)
			break;
}

/* For the list: width of a column, two blanks included, and the current column. */
struct columns {
	size_t width, at;
};

static void measure_width(const char *text, void *arg)
{
	struct columns *c = arg;

	if (strlen(text) + 2 > c->width)
		c->width = strlen(text) + 2;
}

static void print_one(const char *text, void *arg)
{
	struct columns *c = arg;

	if (c->at && c->at + c->width > COLUMNS) {
		kputs("\n");
		c->at = 0;
	}
	kprintf("%-*s", (int)c->width, text);
	c->at += c->width;
}

void complete_list(const char *line, unsigned at)
{
	struct columns c = { 0 };

	complete_each(line, at, measure_width, &c);
	complete_each(line, at, print_one, &c);
	if (c.at)
		kputs("\n");
}
