/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/hotplug/event_internal.h - shared by the files of the event core; no source includes
 * it. */
#pragma once
#include <mm/hotplug/event.h>

/* Execute the event, all or none.  *text: the result in a few words.  Consumer's context;
 * takes the hotplug locks itself.  Errors of mm/hotplug/hotplug.h, mm/hotplug/subsection.h and
 * mm/hotplug/devmem.h. */
int event_add(const struct event *, struct hotplug_report *, char *text, size_t, struct why *);
int event_remove(const struct event *, struct hotplug_report *, char *text, size_t, struct why *);

/* ---- kinds of memory ---- */

/* Resolved policy of the event's source (S2-24). */
struct event_policy {
	struct hotplug_opts opts;
	bool online;
	enum zone_id zone;
};

/*
 * Operations on one range, by kind of memory: mm/hotplug/event_KIND.c.  event_act.c handles the
 * order of the ranges, the rollback, and the registry of device memory.
 */
struct event_kind_ops {
	int (*add)(const struct event *, const struct event_range *, const struct event_policy *,
		   struct hotplug_report *, struct why *);
	/* Undo a preceding `add` and `online`. */
	int (*take_back)(const struct event_range *);
	/* may the source remove exactly this range?  Changes nothing. */
	int (*check)(const struct event *, const struct event_range *, struct why *);
	int (*remove)(const struct event *, const struct event_range *, struct hotplug_report *,
		      struct why *);
	/* Describe the added memory in a few words. */
	void (*describe)(const struct event *, const struct event_policy *, char *text, size_t);
	const char *memmap; /* scheme without a policy of the source; NULL: memmap= */
	/* Either all four or none: kinds with states.  `mark` marks the online blocks, before
	 * `offline`; after a refusal `recall` brings marked blocks that are offline online again.
	 */
	int (*online)(const struct event_range *, enum zone_id, struct why *);
	void (*mark)(const struct event_range *);
	int (*offline)(const struct event_range *, u64 *moved, struct why *);
	void (*recall)(const struct event_range *, struct why *);
};
extern const struct event_kind_ops event_blocks, event_subsections, event_device;
