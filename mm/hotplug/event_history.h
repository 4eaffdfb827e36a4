/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/event_history.h - what happened to memory, on whose demand, with which answer: the
 * last EVENTS_KEPT records.
 *
 * It lies below everything that has something to record: the event core, buses that report what a
 * device did, and the operator's commands.  A record is made in the worker of the boot CPU, at boot
 * or later, with interrupts on; readers are there as well, so there is no lock.  A restart begins
 * an empty history, and numbers from 1.
 */
#pragma once
#include <lib/types.h>

#define EVENTS_KEPT 64
#define EVENT_RANGES 4
#define EVENT_NO_OST (-1)

struct event_range {
	paddr_t pa;
	u64 len;
	unsigned node;
};

struct event_record {
	u64 nr;                  /* from 1, the number that is printed */
	const char *source, *op; /* "add", "remove", "remark", and the operator's four */
	unsigned nr_ranges;
	struct event_range range[EVENT_RANGES];
	int outcome; /* code */
	int ost;     /* EVENT_NO_OST: the source has none */
	bool unseen; /* to be said; false: the operator did it, and saw it */
	char text[160];
};

/* The record that comes next, zeroed but for what is passed: the caller fills in the ranges and
 * what the device was told.  `source` and `op` stay valid for good; `text` is copied, NULL is none.
 */
struct event_record *event_enter(const char *source, const char *op, int outcome, const char *text);
u64 event_next_nr(void); /* its number */
/* Have a complete record said. */
void event_tell(struct event_record *);

/* What the operator did by hand: history only. */
void event_note(const char *source, const char *op, paddr_t, u64 len, int outcome,
		const char *text);
/* One sentence of a source, held back while somebody types: "slot 3: _CRS is empty".  `source` is
 * the name that EVENT_SOURCE registers, or that of a bus whose devices are such a source's. */
void event_remark(const char *source, const char *fmt, ...) PRINTF_LIKE(2, 3);
const struct event_record *event_nth(unsigned back); /* 0 = newest; NULL: not kept */
/* Says one record as it is made; set by the shell. */
extern void (*event_say)(const struct event_record *);
