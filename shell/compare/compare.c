/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/compare/compare.c - see shell/compare/compare.h: the rows of a table, on the screen and as
 * `#: compare` lines.
 */
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <shell/compare/compare.h>
#include <shell/screen/text.h>
#include <shell/target.h>
#include <tests/harness/ktap.h>
#include <tests/harness/machine_id.h>
#include <tests/harness/run.h>

#define NAME_WIDTH 13 /* of a scheme; the longest of the tree has as many letters */
#define LINE_MAX 256
#define LEGEND_COLUMN 18

/* The results of one command. */
struct shown {
	bool machine;       /* `#:` lines as well */
	unsigned tables;    /* printed so far */
	struct why refused; /* the first */
};

/* The current table. */
struct sheet {
	const struct comparison *c;
	const struct axis *axis;
	struct shown *shown;
	bool promises; /* has the column of what schemes promise: the first table of an axis */
};

const char *compare_unit(void)
{
	return strcmp(cost_unit(), "ns") ? "M instr" : "ms";
}

/* ---- one value ---- */

/* A column keeps its width: a longer figure loses decimals. */
static void fit(char *text, size_t width)
{
	size_t n = strlen(text);
	const char *point = strchr(text, '.');

	while (point && n > width && text + n > point)
		text[--n] = '\0';
	if (point && text + n == point + 1)
		text[n - 1] = '\0';
}

static const char *value_text(u64 value, enum compare_kind kind, unsigned width,
			      char buf[static 24])
{
	if (value == COMPARE_NONE)
		snprintf(buf, 24, "-");
	else if (kind == COMPARE_COST)
		snprintf(buf, 24, "%lu.%02lu", value / 1000000, value / 10000 % 100);
	else if (kind == COMPARE_HUNDRED)
		snprintf(buf, 24, "%lu.%02lu", value / 100, value % 100);
	else
		snprintf(buf, 24, "%lu", value);
	fit(buf, width);
	return buf;
}

static const char *head_of(const struct compare_column *column)
{
	return column->head ? column->head : column->key;
}

/* ---- the screen ---- */

/* Call `fn` for each promise of the axis, in the order of axis_letters(); return their number. */
static unsigned promises_each(const struct axis *a, void (*fn)(char letter, const struct promise *))
{
	unsigned nr = 0;

	for (unsigned i = 0; i < PROMISE_NR; i++)
		if (!strcmp(promises[i].axis, a->name)) {
			if (fn)
				fn((char)('a' + nr), &promises[i]);
			nr++;
		}
	return nr;
}

static void show_header(const struct sheet *sheet, const char *subject)
{
	const struct comparison *c = sheet->c;

	kprintf("compare %s: %s%s\n", c->axis, c->what, subject);
	kprintf("%-*s", NAME_WIDTH, c->axis);
	for (const struct compare_column *column = c->columns; column->key; column++)
		kprintf(" %*s", column->width, head_of(column));
	kputs(sheet->promises ? "  promises\n" : "\n");
}

static void show_row(const struct sheet *sheet, const struct scheme *s, const u64 *value)
{
	char text[24], letters[PROMISE_NR + 1];
	const char *last = "";
	unsigned at = 0;

	kprintf("%-*s", NAME_WIDTH, s->name);
	for (const struct compare_column *column = sheet->c->columns; column->key; column++)
		kprintf(" %*s", column->width,
			value_text(value[at++], column->kind, column->width, text));
	if (s->unsafe)
		last = "  UNSAFE";
	else if (sheet->promises)
		last = axis_letters(sheet->axis, s->promises, letters);
	kprintf("%s%s\n", *last && *last != ' ' ? "  " : "", last);
}

static void show_promise(char letter, const struct promise *p)
{
	char label[32];

	snprintf(label, sizeof(label), "  %c %s ", letter, p->name);
	print_wrapped(label, LEGEND_COLUMN, p->claim);
}

/* If times are measured and not instructions: print which columns are no evidence for a scheme. */
static void show_warning(const struct comparison *c)
{
	char text[300];
	size_t at = 0;

	if (strcmp(cost_unit(), "ns"))
		return;
	for (const struct compare_column *column = c->columns; column->key; column++)
		if (column->kind != COMPARE_COUNT && at < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at ? ", " : "",
					       head_of(column));
	if (at && at < sizeof(text))
		snprintf(text + at, sizeof(text) - at,
			 ": times of one run, which are no verdict.  On an emulator the same code "
			 "differs by a factor of two and more from run to run.");
	if (at)
		print_wrapped("warning: ", 9, text);
}

/* The meaning of columns whose heads do not state it, and of the letters in the last column. */
static void show_legend(const struct sheet *sheet)
{
	char label[32];

	for (const struct compare_column *column = sheet->c->columns; column->key; column++)
		if (column->meaning) {
			snprintf(label, sizeof(label), "  %s ", head_of(column));
			print_wrapped(label, LEGEND_COLUMN, column->meaning);
		}
	if (sheet->promises)
		promises_each(sheet->axis, show_promise);
	if (sheet->c->note)
		print_wrapped("", 0, sheet->c->note);
	show_warning(sheet->c);
}

/* ---- `#: compare` ---- */

static int begin_line(const struct sheet *sheet, const struct scheme *s, char line[static LINE_MAX])
{
	return snprintf(line, LINE_MAX, "#: compare axis=%s table=%s scheme=%s unsafe=%s",
			sheet->c->axis, sheet->c->table, s->name, s->unsafe ? "yes" : "no");
}

static void print_record(const struct sheet *sheet, const struct scheme *s, const u64 *value)
{
	char line[LINE_MAX];
	int n = begin_line(sheet, s, line);

	for (const struct compare_column *column = sheet->c->columns; column->key;
	     column++, value++)
		if (*value != COMPARE_NONE)
			n += snprintf(line + n, sizeof(line) - (size_t)n, " %s=%lu", column->key,
				      *value);
	kprintf("%s\n", line);
}

/* A scheme without figures, and the reason. */
static void print_outcome(const struct sheet *sheet, const struct scheme *s, const char *outcome)
{
	char line[LINE_MAX];

	begin_line(sheet, s, line);
	kprintf("%s outcome=%s\n", line, outcome);
}

/* ---- one table ---- */

static void without(const struct sheet *sheet, const struct scheme *s, const char *outcome,
		    const char *sentence, const char *why)
{
	kprintf("%-*s %s%s\n", NAME_WIDTH, s->name, sentence, why);
	if (sheet->shown->machine)
		print_outcome(sheet, s, outcome);
}

static void measured(const struct sheet *sheet, const struct scheme *s)
{
	u64 value[COMPARE_COLUMNS];
	struct why why = { 0 };

	for (unsigned i = 0; i < COMPARE_COLUMNS; i++)
		value[i] = COMPARE_NONE;
	if (sheet->c->measure(sheet->axis, s, value, &why)) {
		without(sheet, s, "refused", "refused: ", why.text);
		if (!sheet->shown->refused.text[0])
			sheet->shown->refused = why;
		return;
	}
	show_row(sheet, s, value);
	if (sheet->shown->machine)
		print_record(sheet, s, value);
}

/* A scheme that cannot run here has a line with the reason. */
static void row(const struct sheet *sheet, const struct scheme *s)
{
	char reason[80] = "";

	if (s->unsafe && !sheet->c->unsafe)
		without(sheet, s, "unsafe", "left out: unsafe, ", s->unsafe);
	else if (!axis_usable(sheet->axis, s, reason, sizeof(reason)))
		without(sheet, s, "unusable", "not on this machine: ", reason);
	else
		measured(sheet, s);
}

static int show_table(const struct sheet *sheet, const struct command_line *line, struct why *why)
{
	const struct comparison *c = sheet->c;
	char subject[80] = "";
	int err = c->begin ? c->begin(line, subject, sizeof(subject), why) : 0;

	if (err == -ENODEV) {
		kprintf("compare %s: %s: not on this machine: %s\n", c->axis, c->what, why->text);
		return 0;
	}
	if (err)
		return err;
	if (sheet->shown->tables++)
		kputs("\n");
	show_header(sheet, subject);
	axis_for_each(sheet->axis, it) row(sheet, axis_scheme(it));
	show_legend(sheet);
	if (c->end)
		c->end();
	return 0;
}

/* Every table of an axis.  A refused scheme does not end them, but makes the command fail, so that
 * a script notices. */
static int axis_tables(const struct axis *a, const struct command_line *line, struct shown *shown,
		       struct why *why)
{
	struct sheet sheet = { .axis = a, .shown = shown, .promises = promises_each(a, NULL) };
	int err = 0;

	reg_for_each (comparisons, it) {
		if (strcmp((*it)->axis, a->name))
			continue;
		sheet.c = *it;
		if ((err = show_table(&sheet, line, why)))
			break;
		sheet.promises = false;
	}
	return err;
}

static int all_axes(const struct command_line *line, struct shown *shown, struct why *why)
{
	int err;

	for (unsigned i = 0; i < axes_nr; i++)
		if ((err = axis_tables(&axes[i], line, shown, why)))
			return err;
	return 0;
}

static bool has_table(const struct axis *a)
{
	reg_for_each (comparisons, it)
		if (!strcmp((*it)->axis, a->name))
			return true;
	return false;
}

/* An axis without a table is not offered. */
static int no_such_axis(const char *name, struct why *why)
{
	char list[80];
	size_t at = 0;

	for (unsigned i = 0; i < axes_nr; i++)
		if (has_table(&axes[i]))
			at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", at ? ", " : "",
					       axes[i].name);
	return refuse(why, EINVAL, "`%s` is no axis; there is %s", name, list);
}

static int tables_of(const char *name, const struct command_line *line, struct shown *shown,
		     struct why *why)
{
	const struct axis *a = NULL;
	int err;

	if (!strcmp(name, "all"))
		err = all_axes(line, shown, why);
	else if (!(a = axis_find(name, NULL)))
		return no_such_axis(name, why);
	else
		err = axis_tables(a, line, shown, why);
	if (!err && !shown->tables && a)
		return refuse(why, ENOENT,
			      "no table measures the schemes of %s; `compare` lists the "
			      "tables",
			      a->name);
	if (err || !shown->refused.text[0])
		return err;
	return refuse(why, EIO, "at least one scheme was refused: %s", shown->refused.text);
}

/* ---- the command, and the word of the boot line ---- */

static int list_tables(void)
{
	char label[24];

	for (unsigned i = 0; i < axes_nr; i++) {
		snprintf(label, sizeof(label), "%s ", axes[i].name);
		reg_for_each (comparisons, it)
			if (!strcmp((*it)->axis, axes[i].name)) {
				print_wrapped(label, NAME_WIDTH, (*it)->what);
				label[0] = 0;
			}
	}
	kputs("`compare AXIS` shows the tables of one, `compare all` every table.\n");
	return 0;
}

/* The target may follow the axis, as in the usage, or precede it, where command_split() has parsed
 * it already. */
static int parse_target_after(struct command_line *line, struct why *why)
{
	struct target target;
	int err = target_parse(line->words + 1, line->nr_words - 1, &target, why);

	if (err)
		return err;
	if (line->nr_words > 1 + target.words)
		return refuse(why, EINVAL, "`%.40s` is no range of memory",
			      line->words[1 + target.words]);
	if (target.kind == TARGET_NONE)
		return 0;
	line->has_target = true;
	return target_resolve(&target, &line->start, &line->len, why);
}

static int compare(const struct command_line *typed, struct why *why)
{
	struct command_line line = *typed;
	struct shown shown = { 0 };
	int err;

	if (!line.nr_words)
		return list_tables();
	if ((err = parse_target_after(&line, why)))
		return err;
	return tables_of(line.words[0], &line, &shown, why);
}

/* The next name of a list with commas, into `name`; false: none is left. */
static bool next_name(const char **list, char name[static 24])
{
	const char *comma = strchr(*list, ',');
	size_t n = comma ? (size_t)(comma - *list) : strlen(*list);

	if (!**list)
		return false;
	snprintf(name, 24, "%.*s", (int)n, *list);
	*list += comma ? n + 1 : n;
	return true;
}

static unsigned tables_named(const char *list)
{
	unsigned nr = 0;
	char name[24];

	while (next_name(&list, name))
		reg_for_each (comparisons, it)
			nr += !strcmp(name, "all") || !strcmp(name, (*it)->axis);
	return nr;
}

void compare_and_report(const char *list)
{
	struct command_line line = { .name = "compare", .rest = "", .args = boot_args };
	struct shown shown = { .machine = true };
	struct why why = { 0 };
	unsigned tables = tables_named(list);
	char name[24], what[200], keys[80];
	bool bad = false;

	snprintf(what, sizeof(what), "compare=%s", list);
	run_header(what, tables);
	while (next_name(&list, name)) {
		shown.refused = (struct why) { 0 };
		if (tables_of(name, &line, &shown, &why)) {
			kprintf("# compare %s: %s\n", name, why.text);
			bad = true;
		}
	}
	snprintf(keys, sizeof(keys), "tests=%u machine=%08x", tables, id_machine_hash());
	ktap_end(bad ? "error" : "pass", keys);
}

static const struct command command = {
	.name = "compare",
	.group = GROUP_TESTS,
	.usage = "compare AXIS|all [ADDR+SIZE | node N | blocks A-B]",
	.help = "Compares the schemes of an axis side by side, doing the same work under each.  "
		"Without a word it lists the tables.",
	.run = compare,
};
COMMAND(compare, command);
