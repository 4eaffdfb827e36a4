/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/events/event_internal.h - what the files of the event core share; no source includes it.
 */
#pragma once
#include <drivers/events/event.h>

/* The operation behind an event, all or none; `text`: what was done, in a few words. */
int event_add(const struct event *, struct hotplug_report *, char *text, size_t, struct why *);
int event_remove(const struct event *, struct hotplug_report *, char *text, size_t, struct why *);

/* The next work to run, in the order of the posts; NULL: none.  The consumer only. */
struct event_work *event_queue_next(void);
bool event_queue_empty(void);
