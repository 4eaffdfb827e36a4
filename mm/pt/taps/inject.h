/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/inject.h - fault injection: the n-th failure point fails, every step is delayed, an
 * event is swallowed or bent.  One injection at a time, begun and ended by one CPU.
 */
#pragma once
#include <lib/fail.h>
#include <mm/pt/pt_tap.h>

struct inject {
	u64 at;       /* the occurrence that fails, from 1; 0: none does */
	bool onwards; /* ... and every later one */
	u32 points;   /* kinds that count, by bit; 0: all */
	bool (*mine)(enum fail_point, u64 about); /* does this occurrence count?  NULL: each does */
	bool (*also)(enum fail_point, u64 about); /* fails too, not counted; NULL: none */
	void (*pause)(u64 step);         /* at each point and event of `mine`, numbered from 1 */
	bool (*bend)(struct pt_event *); /* before an event: may edit it; false swallows it */
	void (*after)(const struct pt_event *); /* after one that was not swallowed */
};

struct inject_count {
	u64 points; /* reached */
	u64 failed; /* of them */
	u64 steps;  /* points and events that could pause */
	u64 bent;   /* events swallowed */
	u64 by_point[FAIL_POINTS];
};

/* Copies the struct.  Asserts that no injection is on and, if points count, that fail_hook is free.
 * The hooks run on every CPU, with whatever locks its operation holds. */
void inject_begin(const struct inject *);
void inject_end(struct inject_count *); /* asserts that one is on; returns its counts */
bool inject_on(void);
