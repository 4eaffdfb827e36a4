/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/shared_table.h - the scene of the first thread: one table serves vmalloc and the
 * vmemmap, one CPU maps a page of vmalloc, another removes the only page of the vmemmap (S0-03).
 *
 * The tree is the test's own and no CPU walks it, so a lost race does no harm.  The addresses are
 * those of the layout, where placement=shared puts both under one table.  Tables come from a pool:
 * the locks of the schemes are the only ones taken, and a freed table keeps its contents.  Slots of
 * its root follow the kernel's rule.
 *
 * One scene at a time, all functions but the two actors on the CPU that runs the test.
 */
#pragma once
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

/* Memory for the pool; false: the test is skipped. */
bool shared_table_begin(struct test_run *);
void shared_table_end(void);
/* The page of the vmemmap is mapped, that of vmalloc is not; under the scheme in force. */
void shared_table_setup(void);

/* The actors, each once after setup(). */
void shared_table_map(void);
void shared_table_remove(void);
/* A map that has reserved more tables than it needs.  If its race is lost a table that its plan
 * found may be missing: an exact map then fails an assertion, this one makes a wrong tree. */
void shared_table_map_spare(void);

/* From the next setup() on, with the actors on two CPUs, the map on the boot CPU: it stops between
 * its walk and its first store until the removal has ended, or a time has passed. */
void shared_table_hold(bool);

/* After both: the fault, or NULL. */
const char *shared_table_check(void);
/* Is the event one of this tree? */
bool shared_table_event(const struct pt_event *);
/* NULL, or why no order of the two can fail here under any scheme. */
const char *shared_table_harmless(void);
