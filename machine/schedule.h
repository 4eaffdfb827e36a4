/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/schedule.h - which CPU runs next, for how long, and the random events between two slices.
 *
 * An architecture defines the core_ functions; `cpu` is below machine_cpus().
 */
#pragma once
#include <lib/types.h>

unsigned machine_cpus(void);
bool core_runs(unsigned cpu);    /* on, and not waiting for an interrupt */
void core_between(unsigned cpu); /* between slices: requests of firmware, interrupts, speculation */
u64 core_slice(unsigned cpu, s64 most); /* run at most so many instructions; returns how many ran */
bool core_off(void);                    /* off, or about to be reset */
u64 core_next_event(void);              /* the step of the next timer that wakes a CPU; ~0: none */
bool core_wakes(unsigned cpu);          /* the CPU waits, and an interrupt is pending */

/* Run until the machine is off (true), or until step `steps` (false). */
bool schedule(u64 steps);
/* schedule() also returns false if every CPU waits, and neither a timer nor input can wake one. */
bool schedule_dead(void);
u64 schedule_executed(unsigned cpu); /* instructions so far */
