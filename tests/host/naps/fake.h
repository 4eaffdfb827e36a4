/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/naps/fake.h - the CPU that runs: its interrupts, waits, counter and clock. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/kern_internal.h>
#include <kern/trap.h>
#include <kern/worker.h>

extern struct fake {
	bool running; /* and its clock has some */
	u64 counter;  /* a tick is a microsecond */
	u64 nap;      /* what the timer was set to; 0: it was not */
	unsigned waits, clock_polls, served, polls, sent;
	cpumask_t sent_to, online;
	void (*in_wait)(void), (*in_poll)(void), (*in_send)(void); /* NULL: nothing happens */
	void (*in_clock_poll)(void);
} now;

void begins(bool irqs); /* all of it */

void own_share_comes_last(void **state);
void a_wait_loses_no_wakeup(void **state);
void who_has_ended_is_not_waited_for(void **state);
void a_worker_runs_what_is_posted(void **state);
void spare_cpus(void **state);
