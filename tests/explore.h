/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/explore.h - two or three CPUs stepped through every order that a bound allows.
 *
 * One actor runs at a time.  At each point (an event at a choke point, a lock wanted, tried again
 * or given back) it stops, and a schedule says who goes on.  A schedule is a list of these choices
 * where there was one: "a3b2" lets actor a pass three of them, then b two, then whoever runs goes
 * on until it ends or has to wait.  docs/explorer.md tells more.
 */
#pragma once
#include <tests/harness/util.h>

#define ACTORS_MAX 3
#define SCHEDULE_TEXT 120

struct explore {
	unsigned actors; /* on the first CPUs that are online */
	void (*run[ACTORS_MAX])(void *);
	void (*setup)(void *);        /* before each schedule */
	const char *(*check)(void *); /* after it: what is wrong, or NULL */
	void *arg;
	unsigned bound; /* preemptions: switches away from an actor that could go on */
	unsigned most;  /* schedules, 0: no end but the bound */
	unsigned sure;  /* the claim: bounds up to this were gone through to their end */
	/* Events that are points; NULL: all.  What commutes with all that the others do needs none:
	 * fewer points, a higher bound. */
	bool (*matters)(const struct pt_event *);
	u64 lock; /* the only lock that is a point, 0: every lock is */
};

struct explored {
	u32 schedules;                /* different ones */
	u32 points;                   /* of the longest */
	int bound;                    /* explored to the end, -1: not even the first */
	int sure;                     /* that the test claims, -1: one order alone was asked for */
	u32 diverged;                 /* a choice that the schedule names could not be made */
	const char *wrong;            /* what check said, or NULL */
	char schedule[SCHEDULE_TEXT]; /* that did it */
};

/* All schedules with 0, 1 .. bound preemptions, until one is wrong; or the one of `schedule=`. */
void explore(struct test_run *, const struct explore *, struct explored *);
/* One schedule, from its text: false when the text is none. */
bool explore_replay(const struct explore *, const char *schedule, struct explored *);
/* What a test may claim where a schedule takes longer with larger blocks: nothing with those. */
unsigned explore_sure(unsigned bound);
/* The keys of the result line; a wrong outcome fails the test and says how to see it again, and so
 * does a bound that was claimed and not reached. */
void explore_report(struct test_run *, const struct explored *);
/* Enough CPUs, and nobody else injects?  Otherwise the test is skipped. */
bool explore_can(struct test_run *, unsigned actors);
