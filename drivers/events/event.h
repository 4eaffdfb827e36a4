/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/events/event.h - where memory events come from.  One file a source, none known to the
 * core.  v0.1 has the device tree (withheld ranges) and the operator.
 */
#pragma once
#include <lib/reg.h>
#include <mm/hotplug.h>

struct event_source {
	const char *name; /* "device tree" */
	int (*init)(const void *fdt, struct why *);
	void (*describe)(char *buf, size_t size); /* "1 range" for the banner */
	bool (*range)(unsigned n, paddr_t *, u64 *len, unsigned *node); /* n-th addable range */
};
REG_DECLARE(events, struct event_source);
#define EVENT_SOURCE(id, object) REGISTER(events, id, object)

/* Resolve withhold= (node N, ADDR+SIZE, auto, none) against the registry, before the buddy is up.
 * Says what it did or why it could not in one line each. */
int withhold_apply(const char *text, void (*say)(const char *sentence), struct why *);

struct event_record { /* history, `events` */
	u64 nr;
	const char *source, *op; /* "add", "remove" */
	paddr_t pa;
	u64 len;
	int outcome;
	char text[120];
};
void event_note(const char *source, const char *op, paddr_t, u64 len, int outcome,
		const char *text);
const struct event_record *event_nth(unsigned back); /* 0 = newest */
