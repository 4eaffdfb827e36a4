/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/race/seldom.h - CPUs that rarely look at what another CPU creates again and again.
 *
 * A CPU that looks all the time meets the moment of a change, and what it does then (a fault, a
 * lock) orders what it sees.  One that rarely looks finds a new leaf, walks to the frame with
 * nothing in between, and reads as much of its contents as has arrived (Arm ARM, B2.3 and D8.2;
 * RISC-V unprivileged manual, "RVWMO": without a barrier two stores of one CPU may be seen in
 * either order).  So neither the observers nor the way they start and stop may order anything.
 */
#pragma once
#include <tests/harness/util.h>

enum sight { SIGHT_NONE, SIGHT_RIGHT, SIGHT_WRONG };

struct seldom {
	enum sight (*look)(struct rng *); /* once, on each of the other CPUs */
	bool (*make)(struct test_run *);  /* one round on this CPU; false: a check failed */
	u64 pause;                        /* at most so many idle rounds between two looks */
};

/* Run rounds until there were enough or the time is over; check that nothing wrong was seen,
 * that each CPU looked, and that there was something to be seen.  Returns the number of rounds. */
u64 seldom_run(struct test_run *, const struct seldom *);

/* Spend up to `rounds` idle rounds, without a store, a barrier or an atomic access: RISC-V
 * encodes PAUSE as a fence. */
void seldom_linger(struct rng *, u64 rounds);
/* Keep the mapping for longer than one look takes; until a CPU has seen it, for as long as a
 * busy host may need to schedule the others. */
void seldom_show(struct rng *);

/* Free a page that is full of `word`: its next user reads this word until it has filled the
 * page.  With poisoning it reads the poison. */
void seldom_dirty(u64 word);
