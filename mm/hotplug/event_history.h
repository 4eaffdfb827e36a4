/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/event_history.h - the last EVENTS_KEPT changes of memory: who requested each, and the
 * result.
 *
 * A layer below all its callers: the event core, buses that report changes of a device, and the
 * operator's commands.  A record is made in the worker of the boot CPU, at boot or later, with
 * interrupts on; readers are there as well, so there is no lock.  A restart begins an empty
 * history, and numbers from 1.
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
	bool unseen; /* still to be printed; false: the operator's own command */
	char text[160];
};

/* The next record, zeroed but for the arguments: the caller fills in the ranges and the status that
 * the device got.  `source` and `op` must stay valid for ever; `text` is copied, NULL is none.
 */
struct event_record *event_enter(const char *source, const char *op, int outcome, const char *text);
u64 event_next_nr(void); /* its number */
/* Print a complete record. */
void event_print(struct event_record *);

/* Record an operation of the operator: history only. */
void event_note(const char *source, const char *op, paddr_t, u64 len, int outcome,
		const char *text);
/* Record one sentence of a source; it is not printed into a line that a user types: "slot 3: _CRS
 * is empty".  `source` is the name that EVENT_SOURCE registers, or that of a bus whose devices are
 * such a source's. */
void event_remark(const char *source, const char *fmt, ...) PRINTF_LIKE(2, 3);
const struct event_record *event_nth(unsigned back); /* 0 = newest; NULL: not kept */
/* Prints a record when it is made; set by the shell. */
extern void (*event_printer)(const struct event_record *);
