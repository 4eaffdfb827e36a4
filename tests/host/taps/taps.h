/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/taps/taps.h - what the scenes share: events of a CPU. */
#pragma once
#include <asserts.h>
#include <mm/pt/pt_tap.h>

extern unsigned taps_cpu; /* of the next event */
/* Both hooks, as the engine calls them; false: swallowed. */
bool taps_event(struct pt_event *);

void check_count(void);
void check_inject(void);
void check_trace(void);
void check_unfinished(void);
