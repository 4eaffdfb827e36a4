/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/locks/locks.h - the CPU that runs, and the locks, for all files. */
#pragma once
#include <arch/arch.h>
#include <kern/kern_internal.h>
#include <kern/lock.h>
#include <lib/fail.h>
#include <mm/pt/pt_tap.h>
#include <want.h>

#define NR 3

extern struct rw_reader lines[3][CPUS_MAX]; /* of outer, inner and same */
extern struct rwlock outer, inner, same;
extern struct spinlock walk, zone, tree, logs;

extern bool irqs_outside;              /* interrupts as the caller had them */
extern unsigned served, pauses, polls; /* polls: begins, and 100 for each end */
extern void (*in_pause)(void);         /* what other CPUs do meanwhile; NULL: nothing */

void be(unsigned cpu);
void afresh(void); /* nobody holds or wants anything; CPU 1 runs, with interrupts on */

/* told.c */
void test_events(void);
void test_schedules(void);
bool hears(enum fail_point, u64 about);
void told_is(const char *wanted);
/* others.c */
void test_waits(void);
void test_emergency(void);
