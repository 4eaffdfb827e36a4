// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/events/event.c - the history of memory events: who asked, for what, and the answer.
 */
#include <drivers/events/event.h>
#include <lib/printf.h>

#define EVENTS_KEPT 32

static struct event_record history[EVENTS_KEPT];
static u64 events_nr;

void event_note(const char *source, const char *op, paddr_t pa, u64 len, int outcome,
		const char *text)
{
	struct event_record *e = &history[events_nr % EVENTS_KEPT];

	e->nr = ++events_nr;
	e->source = source;
	e->op = op;
	e->pa = pa;
	e->len = len;
	e->outcome = outcome;
	snprintf(e->text, sizeof(e->text), "%s", text ? text : "");
}

const struct event_record *event_nth(unsigned back)
{
	if (back >= EVENTS_KEPT || back >= events_nr)
		return NULL;
	return &history[(events_nr - 1 - back) % EVENTS_KEPT];
}
