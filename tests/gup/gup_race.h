/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/gup/gup_race.h - walkers without a lock on every other CPU, while the boot CPU unmaps and
 * gives tables back by a scheme (S3-20).
 */
#pragma once
#include <tests/gup/gup_tree.h>

struct gup_race {
	u64 walks, caught;            /* caught: found a table that went back, or junk */
	u64 tables, callbacks, waits; /* struct table_free */
	u64 most;                     /* tables on their way at one time */
	u64 cost;                     /* of the removals, cost_now() */
};

/* Some rounds: in each the walkers stop between two loads while the tables go.  `no_memory`: for
 * batches.  Two CPUs at least; between gup_tree_take() and gup_tree_give(). */
void gup_race_run(const struct tables_scheme *, enum gup_style, bool no_memory, struct gup_race *);
