/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/sanitize_tell.h - reports of the observer, and what the kernel says (sanitize.h).
 */
#pragma once
#include <mm/pt/pt_tap.h>

void observe_tell_begin(void);
/* New reports, with the machine's step. */
void observe_tell(unsigned cpu);
/* Return addresses of the CPU that executes now, or (not NULL) those of what is told late. */
void observe_chain_of(const u64 *pc, unsigned n);
unsigned observe_chain(u64 *pc, unsigned max, u64 after);

/* An operation was decoded from these bytes of RAM. */
void observe_decoded(void *operation, u64 pa);
/* One of those functions is called. */
void observe_call(unsigned cpu, unsigned function, u64 argument);
/* The kernel says who owns frames, all the time. */
bool observe_frames_told(void);
void observe_told(unsigned cpu, const struct pt_event *told);
void observe_mistakes(unsigned cpu, bool on);
/* The root that translates the address on this CPU, or NULL. */
const struct watched_root *observe_root(unsigned cpu, u64 va);
unsigned observe_cpu(void); /* of the event that the model has now */
