/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/sanitize_report.h - print the sanitizer's reports, and take the kernel's own events
 * (sanitize.h).
 */
#pragma once
#include <mm/pt/pt_tap.h>

/* Find the observed functions by their symbols. */
void observe_find_functions(void);
/* Print new reports, with the machine's step. */
void observe_report(unsigned cpu);
/* The call chain of the current event: given here for a delayed event (not NULL), else that of the
 * CPU that executes now. */
void observe_chain_of(const u64 *pc, unsigned n);
unsigned observe_chain(u64 *pc, unsigned max, u64 after);

/* An operation was decoded from these bytes of RAM. */
void observe_decoded(void *operation, u64 pa);
/* An observed function is called. */
void observe_call(unsigned cpu, unsigned function, u64 argument);
/* True: no event of the kernel is known, so it may be any kernel. */
bool observe_foreign(void);
/* True: the kernel reports the owners of frames from its first instruction to its last. */
bool observe_frames_known(void);
/* An event that the kernel reports; the kernel makes mistakes on purpose. */
void observe_kernel_event(unsigned cpu, const struct pt_event *e);
void observe_mistakes(unsigned cpu, bool on);
/* The root that translates the address on this CPU, or NULL. */
const struct watched_root *observe_root(unsigned cpu, u64 va);
unsigned observe_cpu(void); /* the CPU of the current event */
