/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/race/seldom.h - CPUs that look seldom at what another CPU makes again and again.
 *
 * A CPU that looks all the time meets the moment of a change, and what it does there (a fault, a
 * lock) orders what it sees.  One that looks seldom finds a leaf made, walks to the frame with
 * nothing in between, and reads there what has arrived of its contents (Arm ARM, B2.3 and D8.2;
 * RISC-V unprivileged manual, "RVWMO": stores of one CPU to two places may be seen in either order
 * without a barrier).  So neither the lookers nor the way they start and stop orders anything.
 */
#pragma once
#include <tests/util.h>

enum sight { SIGHT_NONE, SIGHT_RIGHT, SIGHT_WRONG };

struct seldom {
	enum sight (*look)(struct rng *); /* once, on each of the other CPUs */
	bool (*make)(struct test_run *);  /* one round on this CPU; false: a check failed */
	u64 pause;                        /* at most so many rounds of nothing between two looks */
};

/* Rounds until there were enough or the time is over; checks that nothing wrong was seen, that each
 * CPU looked, and that something was there to be seen.  The number of rounds. */
u64 seldom_run(struct test_run *, const struct seldom *);

/* Up to so many rounds of nothing, without a store, a barrier or an atomic access: PAUSE of RISC-V
 * is encoded as a fence. */
void seldom_linger(struct rng *, u64 rounds);
/* What was made stays there for longer than a look takes; until it has been seen at all, for as
 * long as a busy host may take to run the others. */
void seldom_show(struct rng *);

/* Nobody's free page holds `word` everywhere: the next user of a page finds that before it fills
 * the page.  Where freed pages are poisoned, it finds the poison. */
void seldom_dirty(u64 word);
