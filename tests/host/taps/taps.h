/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/taps/taps.h - what the scenes share: events of a CPU, and an assertion that fails. */
#pragma once
#include <mm/pt/pt_tap.h>
#include <setjmp.h>
#include <want.h>

extern unsigned taps_cpu; /* of the next event */
/* Both hooks, as the engine calls them; false: swallowed. */
bool taps_event(struct pt_event *);

extern jmp_buf *taps_death;
#define WANT_DEATH(call)                                                                           \
	do {                                                                                       \
		jmp_buf here;                                                                      \
		taps_death = &here;                                                                \
		if (!setjmp(here)) {                                                               \
			call;                                                                      \
			WANT(!"it goes on: " #call);                                               \
		}                                                                                  \
		taps_death = NULL;                                                                 \
	} while (0)

void check_count(void);
void check_inject(void);
void check_trace(void);
void check_unfinished(void);
