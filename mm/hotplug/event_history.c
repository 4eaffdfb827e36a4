/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/hotplug/event_history.c - the last records, in a ring; see event_history.h. */
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/event_history.h>

static struct event_record history[EVENTS_KEPT] NOINIT;
static u64 events_nr;

void (*event_printer)(const struct event_record *);

struct event_record *event_enter(const char *source, const char *op, int outcome, const char *text)
{
	struct event_record *r = &history[events_nr % EVENTS_KEPT];

	memset(r, 0, sizeof(*r));
	r->nr = ++events_nr;
	r->source = source;
	r->op = op;
	r->outcome = outcome;
	r->ost = EVENT_NO_OST;
	snprintf(r->text, sizeof(r->text), "%s", text ? text : "");
	return r;
}

u64 event_next_nr(void)
{
	return events_nr + 1;
}

void event_print(struct event_record *r)
{
	r->unseen = true;
	if (event_printer)
		event_printer(r);
}

void event_note(const char *source, const char *op, paddr_t pa, u64 len, int outcome,
		const char *text)
{
	struct event_record *r = event_enter(source, op, outcome, text);

	r->range[0] = (struct event_range) { pa, len, 0 };
	r->nr_ranges = 1;
}

void event_remark(const char *source, const char *fmt, ...)
{
	struct event_record *r = event_enter(source, "remark", 0, NULL);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	event_print(r);
}

const struct event_record *event_nth(unsigned back)
{
	if (back >= EVENTS_KEPT || back >= events_nr)
		return NULL;
	return &history[(events_nr - 1 - back) % EVENTS_KEPT];
}
