/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/cmd_log.c - the log of messages, and the history of events of memory. */
#include <kern/log.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>

/* `log` prints this much of the ring, about 60 lines.  tools/hotplate ringdump reads the whole
 * ring. */
#define TAIL (4 * KiB)
/* Column of an event's sentence: after number, source, operation, range and outcome. */
#define EVENT_COLUMN 54

/* Too large for the stack; not cleared at boot, because it is written before it is read. */
static char tail[TAIL] NOINIT;

/* Skip the first line: the tail may begin in the middle of it; and tools/hotplate board-run takes
 * the first line of a whole log as the sign that the board has booted. */
static const char *whole_lines(const char *text)
{
	const char *newline = strchr(text, '\n');

	return newline ? newline + 1 : text;
}

/* In RAM the ring of the previous boot survives a warm reset, not a loss of power.  It was copied
 * at boot, before this boot wrote its first line (log_previous()). */
static int previous(struct why *why)
{
	size_t len;
	const char *text = log_previous(&len);
	size_t skip = len > TAIL - 1 ? len - (TAIL - 1) : 0;

	if (!text)
		return refuse(why, ENOENT, "the ring held nothing of an earlier boot");
	memcpy(tail, text + skip, len - skip);
	tail[len - skip] = 0;
	kputs("--- end of the log of the previous boot ---\n");
	kputs(whole_lines(tail));
	kputs("--- this boot ---\n");
	return 0;
}

/* `previous` is the only word. */
static int show_log(const struct command_line *line, struct why *why)
{
	if (line->nr_words && strcmp(line->words[0], "previous") == 0)
		return previous(why);
	if (line->nr_words)
		return refuse(why, EINVAL, "`%s`: there is `log` and `log previous`",
			      line->words[0]);
	log_tail(tail, sizeof(tail));
	kputs(whole_lines(tail));
	return 0;
}

/* Oldest first; event_nth() counts backwards from the newest.  Records of remarks have no range and
 * no outcome. */
static int show_events(const struct command_line *line, struct why *why)
{
	const struct event_record *e;
	struct range_text range;
	char label[96];
	unsigned n = 0;

	(void)line;
	while (event_nth(n))
		n++;
	if (!n)
		return refuse(why, ENOENT, "no event yet");
	while (n--) {
		e = event_nth(n);
		range = e->nr_ranges ? range_text(e->range[0].pa, e->range[0].len)
				     : (struct range_text) { "" };
		snprintf(label, sizeof(label), "%4lu %-11s %-7s %-20s %s%s ", e->nr, e->source,
			 e->op, range.text, e->nr_ranges > 1 ? "and more " : "",
			 !e->nr_ranges ? ""
			 : e->outcome  ? err_name(e->outcome)
				       : "ok");
		print_wrapped(label, EVENT_COLUMN, e->text);
	}
	return 0;
}

static const struct command log_command = {
	.name = "log",
	.group = GROUP_LOOK,
	.usage = "log [previous]",
	.help = "Shows the end of the log.  `log previous`: of the boot before a warm "
		"reset.",
	.run = show_log,
};
COMMAND(log, log_command);

static const struct command events_command = {
	.name = "events",
	.group = GROUP_LOOK,
	.usage = "events",
	.help = "Lists the memory events so far and how each ended.",
	.run = show_events,
};
COMMAND(events, events_command);
