/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/duel.h - what the explorer steps through, run: in each round one CPU does this
 * while another does that, each after a pause of its own.
 *
 * The pauses are idle loops of random length, short ones as often as long ones.
 */
#pragma once
#include <tests/harness/test.h>

struct duel {
	void (*setup)(void);        /* before each round, on the boot CPU */
	void (*here)(void);         /* on the boot CPU */
	void (*there)(void);        /* on the first other one */
	const char *(*check)(void); /* after both: what is wrong, or NULL */
	u32 most_lost;              /* ends after so many wrong rounds; 1: none is expected */
	u32 rounds, lost;           /* result */
	const char *wrong;          /* the last that was; NULL: none */
};

/* 5000 rounds, fewer where they take longer than 300 ms, or 2 s where losses are expected. */
void duel(struct test_run *, struct duel *);

/*
 * A moment made certain, whatever the host does: inside it the one actor stops, and the other,
 * which has waited for that, does its part meanwhile.
 *
 * The one that stopped goes on once the other has passed, or after a time: 20 ms where no round may
 * be lost, because what is right may make the other wait for it; a second otherwise.
 */
void duel_stop(bool deaf);  /* deaf: interrupts are off, and this CPU answers nobody */
void duel_await_stop(void); /* a second at most */
void duel_pass(void);
