/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/schedule.h - which CPU runs next, for how long, and what chance does between two slices.
 *
 * The core of an architecture gives these; `cpu` is below machine_cpus().
 */
#pragma once
#include <lib/types.h>

unsigned machine_cpus(void);
bool core_runs(unsigned cpu);           /* on, and not waiting for an interrupt */
void core_between(unsigned cpu);        /* firmware's requests, interrupts, speculation */
u64 core_slice(unsigned cpu, s64 most); /* run; the number of instructions */
bool core_off(void);                    /* or about to be reset */
u64 core_next_event(void);     /* the step of the next timer that wakes, ~0: nothing is under way */
bool core_wakes(unsigned cpu); /* a waiting CPU: an interrupt has come */

/* Until the machine is off, or `steps` instructions of all CPUs: then false. */
bool schedule(u64 steps);
/* ... false also if every CPU waits, and neither a timer nor a person can wake one. */
bool schedule_dead(void);
u64 schedule_executed(unsigned cpu); /* instructions so far */
