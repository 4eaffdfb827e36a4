/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/race/seldom.h - CPUs that rarely read a mapping that another CPU creates again and again.
 *
 * A CPU that reads all the time reads during a change, and its reaction (a fault, a lock) orders
 * its later accesses.  A CPU that rarely reads finds a new leaf, accesses the frame without any
 * ordering in between, and observes those stores to the frame that have become visible (Arm ARM,
 * B2.3 and D8.2; RISC-V unprivileged manual, "RVWMO": without a barrier two stores of one CPU may
 * be observed in either order).  So neither the observers nor their start and stop may order
 * accesses.
 */
#pragma once
#include <tests/harness/util.h>

enum sight { SIGHT_NONE, SIGHT_RIGHT, SIGHT_WRONG };

struct seldom {
	enum sight (*look)(struct rng *); /* one look on one of the other CPUs */
	bool (*make)(struct test_run *);  /* one round on this CPU; false: a check failed */
	u64 pause;                        /* limit of the idle rounds between two looks */
};

/* Run rounds until there are enough or the time has passed.  Check that no CPU saw a wrong value,
 * that each CPU looked, and that a CPU saw the mapping.  Returns the number of rounds. */
u64 seldom_run(struct test_run *, const struct seldom *);

/* Spend up to `rounds` idle rounds, without a store, a barrier or an atomic access: RISC-V
 * encodes PAUSE as a fence. */
void seldom_linger(struct rng *, u64 rounds);
/* Keep the mapping longer than one look takes; until a CPU has seen it, as long as a busy host may
 * need to schedule the others. */
void seldom_show(struct rng *);

/* Free a page that is full of `word`: its next user reads this word, or with poisoning the poison,
 * until it has filled the page. */
void seldom_dirty(u64 word);
