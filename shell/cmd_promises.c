/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_promises.c - promises: the promises of schemes, and the tests that check them; for one
 * scheme also as lines for tools/hotplate scheme (docs/OUTPUT.md).
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <shell/axis.h>
#include <shell/command.h>
#include <shell/screen/machine_line.h>
#include <shell/screen/text.h>
#include <shell/shell.h>

/* After "vmalloc=floor-ceiling". */
#define PROMISES_COLUMN 26

/* The schemes with their letters, then the meaning of each letter and the tests that check it.
 * Letters are assigned as in axis_letters(). */
static void promises_of_axis(const struct axis *a)
{
	char label[40], letters[PROMISE_NR + 1];

	axis_for_each(a, it)
	{
		const struct scheme *s = axis_scheme(it);

		snprintf(label, sizeof(label), "%s=%s ", a->name, s->name);
		print_wrapped(label, PROMISES_COLUMN, axis_letters(a, s->promises, letters));
		if (s->unsafe)
			print_wrapped("  UNSAFE", PROMISES_COLUMN, s->unsafe);
	}
	for (unsigned i = 0, letter = 'a'; i < PROMISE_NR; i++)
		if (!strcmp(promises[i].axis, a->name)) {
			snprintf(label, sizeof(label), "  %c  %s ", (char)letter++,
				 promises[i].name);
			print_wrapped(label, PROMISES_COLUMN, promises[i].claim);
			print_wrapped("", PROMISES_COLUMN, promises[i].tests);
		}
}

/* Print the scheme's claim, and what the lines of its promises are for, as sentences. */
static void scheme_sentence(const struct axis *a, const struct scheme *s)
{
	char text[400];

	snprintf(text, sizeof(text), "%s=%s claims: %s%s%s", a->name, s->name, s->claim,
		 s->unsafe ? ".  UNSAFE: " : "", s->unsafe ? s->unsafe : "");
	log_wrapped("#", "#", 2, text);
	snprintf(text, sizeof(text),
		 "Each promise below names the tests that check it; `make scheme S=%s/%s` on the "
		 "host runs them.",
		 a->name, s->name);
	log_wrapped("#", "#", 2, text);
}

/* The lines `#: scheme` and `#: promise` of docs/OUTPUT.md: tools/hotplate scheme reads them to
 * know which tests to run.  A scheme that this machine cannot use is refused, so that the absence
 * of a failure is not taken for a pass. */
static int promises_of_scheme(const struct axis *a, const char *name, struct why *why)
{
	const struct scheme *s = scheme_find(a->name, a->from, a->to, name, why);
	char reason[80] = "";

	if (!s)
		return -EINVAL;
	if (!axis_usable(a, s, reason, sizeof(reason)))
		return refuse(why, EOPNOTSUPP, "%s=%s: not on this machine: %s", a->name, name,
			      reason);
	machine_line_begin();
	kprintf("#: scheme axis=%s name=%s unsafe=%s", a->name, name, s->unsafe ? "yes" : "no");
	machine_line_end();
	scheme_sentence(a, s);
	for (unsigned i = 0; i < PROMISE_NR; i++)
		if (s->promises & promises[i].bit && !strcmp(promises[i].axis, a->name)) {
			machine_line_begin();
			kprintf("#: promise name=%s row=%s%s%s tests=%s", promises[i].name,
				promises[i].row, promises[i].host ? " host=" : "",
				promises[i].host ? promises[i].host : "", promises[i].tests);
			machine_line_end();
			kprintf("# %s: %s\n", promises[i].name, promises[i].claim);
		}
	return 0;
}

/* AXIS/NAME as in `make scheme S=AXIS/NAME`. */
static int promises_command(const struct command_line *line, struct why *why)
{
	const char *word = line->nr_words ? line->words[0] : NULL;
	const char *slash = word ? strchr(word, '/') : NULL;
	const struct axis *a;
	char axis[16];

	if (!word) {
		for (unsigned i = 0; i < axes_nr; i++)
			if (axes[i].arg < ARG_NR) /* the schemes of `roots` promise nothing */
				promises_of_axis(&axes[i]);
		return 0;
	}
	snprintf(axis, sizeof(axis), "%.*s", slash ? (int)(slash - word) : 15, word);
	a = axis_find(axis, why);
	if (!a)
		return -EINVAL;
	if (slash)
		return promises_of_scheme(a, slash + 1, why);
	promises_of_axis(a);
	return 0;
}

static const struct command command = {
	.name = "promises",
	.group = GROUP_TESTS,
	.usage = "promises [AXIS[/NAME]]",
	.help = "Lists the promises of schemes, and the tests that check them (`make scheme`).",
	.run = promises_command,
};
COMMAND(promises, command);
