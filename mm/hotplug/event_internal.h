/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/hotplug/event_internal.h - what the files of the event core share; no source includes it.
 */
#pragma once
#include <mm/hotplug/event.h>

/* The operation behind an event, all or none; `text`: what was done, in a few words. */
int event_add(const struct event *, struct hotplug_report *, char *text, size_t, struct why *);
int event_remove(const struct event *, struct hotplug_report *, char *text, size_t, struct why *);

/* The next work to run, in the order of the posts; NULL: none.  The consumer only. */
struct event_work *event_queue_next(void);
bool event_queue_empty(void);
/* ns, for deadlines of the consumer: like clock_ns(), but it never goes back. */
u64 event_clock(void);

/* ---- kinds of memory ---- */

/* The policy of the event's source (S2-24). */
struct event_policy {
	struct hotplug_opts opts;
	bool online;
	enum zone_id zone;
};

/*
 * What an event does to one range, by the kind of its memory: drivers/events/event_KIND.c.  All or
 * none and the order of ranges are event_act.c's, as is memory that comes with its device.
 */
struct event_kind_ops {
	int (*add)(const struct event *, const struct event_range *, const struct event_policy *,
		   struct hotplug_report *, struct why *);
	/* Undo what was added, and perhaps brought online, a moment ago. */
	int (*take_back)(const struct event_range *);
	/* may the source have it back, as a whole?  Nothing has changed yet. */
	int (*check)(const struct event *, const struct event_range *, struct why *);
	int (*remove)(const struct event *, const struct event_range *, struct hotplug_report *,
		      struct why *);
	/* What was added, in a few words. */
	void (*describe)(const struct event *, const struct event_policy *, char *text, size_t);
	const char *memmap; /* scheme where its source's policy says nothing; NULL: memmap= */
	/* All four or none: what has states.  `mark` what is online, before `offline`; `recall`
	 * brings what is marked and offline back, after a refusal. */
	int (*online)(const struct event_range *, enum zone_id, struct why *);
	void (*mark)(const struct event_range *);
	int (*offline)(const struct event_range *, u64 *moved, struct why *);
	void (*recall)(const struct event_range *, struct why *);
};
extern const struct event_kind_ops event_blocks, event_subsections, event_device;
