/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/sources/sources.h - the messages, and the parts of the program. */
#pragma once
#include <mm/hotplug/event.h>
#include <string.h>
#include <want.h>

extern char said[4000]; /* every line, each with its '\n' */
void log_line(const char *sentence);

static inline const struct event_source *source_named(const char *name)
{
	reg_for_each (events, it)
		if (!strcmp((*it)->name, name))
			return *it;
	return NULL;
}

void withhold_tests(void); /* withhold.c */
void node_tests(void);
void pmem_tests(void); /* pmem.c */
void cpu_tests(void);  /* cpus.c */
