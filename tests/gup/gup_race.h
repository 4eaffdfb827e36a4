/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/gup/gup_race.h - lockless walkers on every other CPU, while the boot CPU unmaps and frees
 * tables by a scheme (S3-20).
 */
#pragma once
#include <tests/gup/gup_tree.h>

struct gup_race {
	u64 walks, caught;            /* caught: walks that read a freed table, or junk */
	u64 tables, callbacks, waits; /* struct table_free */
	u64 most;                     /* the most pending tables at one time */
	u64 cost;                     /* cost_now() of the removals */
};

/* Run some rounds: in each the walkers stop between two loads while the tables are freed.
 * `no_memory`: allocations of batches fail.  Needs two CPUs; call between gup_tree_take() and
 * gup_tree_give(). */
void gup_race_run(const struct tables_scheme *, enum gup_style, bool no_memory, struct gup_race *);
