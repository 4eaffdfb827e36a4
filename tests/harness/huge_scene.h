/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/huge_scene.h - the scene of S0-27: an empty page table is in place of a larger
 * leaf.  One CPU maps there and frees it, another walks the tree as ptdump does.
 *
 * The tree is the test's own and no CPU translates by it.  Freed tables are filled with cells that
 * are neither empty nor valid: a walker that reads one has read a freed table.
 */
#pragma once
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

/* Memory for the pool; false: the test is skipped. */
bool huge_scene_begin(struct test_run *);
void huge_scene_end(void);
void huge_scene_setup(void);

/* The actors, each once after setup(). */
void huge_scene_map(void);
void huge_scene_walk(void);
/* From the next setup() on, with the actors of a duel: the walker stops between the load of the
 * pointer and the table, and the map is executed meanwhile. */
void huge_scene_hold(bool);

/* After both: the fault, or NULL; counts the outcomes of the map. */
const char *huge_scene_check(void);
struct huge_count {
	u32 large, pages; /* maps that got the larger leaf, and those that were inhibited */
};
struct huge_count huge_scene_count(void); /* since huge_scene_begin() */

/* Is the event one of this tree? */
bool huge_scene_event(const struct pt_event *);
/* NULL, or why the table cannot be freed here under any scheme. */
const char *huge_scene_harmless(void);
