/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/duel.h - the scenes of the explorer, run freely: in each round two CPUs execute
 * their parts at the same time, each after a random pause.
 *
 * The pauses are idle loops of random length, short ones as often as long ones.
 */
#pragma once
#include <tests/harness/test.h>

struct duel {
	void (*setup)(void);        /* before each round, on the boot CPU */
	void (*here)(void);         /* on the boot CPU */
	void (*there)(void);        /* on the first other one */
	const char *(*check)(void); /* after both: the fault, or NULL */
	u32 most_lost;              /* ends after so many wrong rounds; 1: none is expected */
	u32 rounds, lost;           /* result */
	const char *wrong;          /* the last fault; NULL: none */
};

/* 5000 rounds, fewer if they take longer than 300 ms, or 2 s if losses are expected. */
void duel(struct test_run *, struct duel *);

/*
 * Force an interleaving, however busy the host is: one actor stops in the middle, and the other,
 * which has waited for that, executes its part meanwhile.  The first continues once the other has
 * passed, or after a time: 20 ms if no round may be lost, because a correct scheme may make the
 * other wait for it; a second otherwise.
 */
void duel_stop(bool deaf);  /* deaf: interrupts are off, and this CPU answers no call */
void duel_await_stop(void); /* a second at most */
void duel_pass(void);
