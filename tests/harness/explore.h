/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/explore.h - two or three CPUs stepped through every order that a bound allows.
 *
 * One actor runs at a time.  It stops at each point (an event at a choke point, a lock
 * requested, retried or released), and a schedule decides which actor continues.  A schedule
 * lists these choices: "a3b2" lets actor a pass three of them, then b two; then the running
 * actor continues until it ends or has to wait.  tests/README.md explains schedules.
 */
#pragma once
#include <tests/harness/util.h>

#define ACTORS_MAX 3

struct explore {
	unsigned actors; /* they run on the first online CPUs */
	void (*run[ACTORS_MAX])(void *);
	void (*setup)(void *);        /* before each schedule */
	const char *(*check)(void *); /* after each schedule: the fault, or NULL */
	void *arg;
	unsigned bound; /* preemptions: switches away from a runnable actor */
	unsigned most;  /* most schedules; 0: limited by the bound only */
	unsigned sure;  /* the claim: bounds up to this are explored completely */
	bool unsafe;    /* a protection is left out, so a wrong outcome must be found */
	/* Events that are points; NULL: all.  An event that commutes with everything the other
	 * actors do need not be one: fewer points allow a higher bound. */
	bool (*matters)(const struct pt_event *);
	u64 lock; /* the only lock that is a point; 0: all locks */
};

/*
 * Run all schedules with 0, 1 .. bound preemptions, until one fails; or only the one of
 * `schedule=`. Adds the keys of the result line.  A wrong outcome fails the test, with a hint how
 * to replay it; so does a claimed bound that was not reached.  A scene that is unsafe fails the
 * test if no wrong outcome was found, or if a replay of its schedule ends in another one.  False:
 * only the one of `schedule=` was run.
 */
bool explore(struct test_run *, const struct explore *);
/* A point of a test's own, in an actor; elsewhere it does nothing.  `deaf`: interrupts are off and
 * the actor, held back here, answers no call, as code that runs with interrupts off does not. Other
 * actors may then wait by kern/grace.h, and for locks, but make no call. */
void explore_point(bool deaf);
/* The bound that a test may claim; 0 with larger blocks, whose schedules take longer. */
unsigned explore_sure(unsigned bound);
/* Are there enough CPUs, and is no other injection active?  Otherwise the test is skipped. */
bool explore_can(struct test_run *, unsigned actors);
