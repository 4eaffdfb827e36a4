/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/event_lines.c - lines that report an event of a device: the `#: event` line and one
 * sentence (docs/OUTPUT.md).
 *
 * While the user types, lines are held back: event_lines_hold() before, event_lines_flush() at the
 * end of the line.  If the history has dropped events by then, a line reports it.
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <shell/screen/machine_line.h>
#include <shell/screen/pager.h>
#include <shell/screen/text.h>
#include <shell/shell.h>
#include <tests/harness/run.h>

/* Set while a user types (shell/input.c).  This and everything below is written on the boot CPU, in
 * its worker. */
static bool hold;
/* Only the numbers of held records are stored; the history keeps the last EVENTS_KEPT records. */
static u64 first_held, last_held; /* numbers; 0: none is held */

/* "A+L,B+L" of at most EVENT_RANGES ranges, "" for a remark. */
static void ranges_text(const struct event_record *r, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = 0;
	for (unsigned i = 0; i < r->nr_ranges && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? "," : "",
				       range_text(r->range[i].pa, r->range[i].len).text);
}

/* The line of docs/OUTPUT.md, for scripts; keys and their order are those of format=1. */
static void machine_line(const struct event_record *r)
{
	char ranges[4 * 48], ost[16] = "none";

	ranges_text(r, ranges, sizeof(ranges));
	if (r->ost != EVENT_NO_OST)
		snprintf(ost, sizeof(ost), "0x%x", (unsigned)r->ost);
	machine_line_begin();
	kprintf("#: event %lu src=%s op=%s range=%s node=%u outcome=%s code=%s ost=%s", r->nr,
		r->source, r->op, ranges, r->range[0].node, r->outcome ? "refused" : "ok",
		r->outcome ? err_name(r->outcome) : "0", ost);
	machine_line_end();
}

/* The same as a sentence; the first letter of the operation decides between "adds" and "recalls".
 */
static void event_sentence(const struct event_record *r)
{
	char ranges[4 * 48], text[400];

	ranges_text(r, ranges, sizeof(ranges));
	if (r->nr_ranges)
		snprintf(text, sizeof(text), "event %lu: %s %s %s: %s%s", r->nr, r->source,
			 r->op[0] == 'a' ? "adds" : "recalls", ranges,
			 r->outcome ? "refused: " : "", r->text);
	else
		snprintf(text, sizeof(text), "event %lu: %s: %s", r->nr, r->source, r->text);
	log_wrapped("#", "#", 2, text);
}

/* A remark has no ranges and no `#:` line.  The `#:` line is left out only where no tool reads: at
 * the prompt with screen=N, without a run or soak. */
static void print_event(const struct event_record *r)
{
	if (r->nr_ranges && !(screen_rows() && !run.saved.active && !soak_lives()))
		machine_line(r); /* a user at the prompt reads only the sentence */
	event_sentence(r);
}

/* The hook event_printer, called for every record. */
static void print_event_line(const struct event_record *r)
{
	if (hold) {
		/* a remark that a source makes in its answer precedes the event that it answers */
		first_held = first_held ? min_u64(first_held, r->nr) : r->nr;
		last_held = max_u64(last_held, r->nr);
		return;
	}
	print_event(r);
}

void event_lines_hold(bool on)
{
	hold = on;
}

bool event_lines_held(void)
{
	return last_held != 0;
}

/* Records of the operator in between are not `unseen` and are skipped: the user saw their
 * output. */
void event_lines_flush(void)
{
	const struct event_record *r = event_nth(0);
	u64 newest = r ? r->nr : 0;

	for (u64 nr = first_held; nr && nr <= last_held; nr++) {
		r = event_nth((unsigned)(newest - nr));
		if (!r && nr == first_held)
			kputs("# older events are not kept: these are the last\n");
		if (r && r->unseen)
			print_event(r);
	}
	first_held = last_held = 0;
}

void event_lines_init(void)
{
	event_printer = print_event_line;
}
