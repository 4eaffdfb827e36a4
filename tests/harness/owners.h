/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/owners.h - the writer log: which actor stores to which entry of the kernel's tree,
 * under which locks, and in which state of the memory (S1-07, S1-08, S1-16 to S1-18).
 *
 * Between owners_begin() and owners_end() a tap sees every store of every CPU, and every walk.  The
 * judge is a table of its own, made from the letter's list of actors: the regions in which an actor
 * stores entries, the locks that it holds, whether the memory is online.  Entries that end a
 * translation and pointers to tables are distinguished: the letter is about entries only, and
 * several actors may share tables.
 *
 * An entry is named by level and address.  A table that is freed and used again elsewhere has other
 * addresses, so its cells are then other entries.
 */
#pragma once
#include <tests/harness/util.h>

struct owners_seen {
	u32 stores;     /* events; of them ... */
	u32 foreign;    /* to an entry of a region that does not belong to that actor */
	u32 unlocked;   /* without a lock that the actor names */
	u32 in_use;     /* of hot-plug, to an entry of memory that is not offline */
	u32 not_in_use; /* of an actor that changes memory in use, to an entry of other memory */
	u32 clashes;    /* pairs of runs of entries that two actors changed, and only one may */
	u32 walks;      /* of ranges that hot-plug changes; of them ... */
	u32 loose;      /* without the hotplug lock */
	u32 locks;      /* LOCK events of the hotplug lock */
	u32 tables;     /* pairs of runs of two actors, pointers to tables too, in one table that is
			 * not the root: the actors share it, and one of them may want to free it */
	u32 lost;       /* runs beyond the log's room: must be 0 */
	u32 writers;    /* BIT(enum pt_writer) of all that stored */
	cpumask_t cpus; /* that stored */
	u32 by_region[REGION_NR]; /* the same, entries alone */
	char what[112];           /* the first wrong store or walk */
};

/* One log at a time.  Stores of trees other than the kernel's are not seen. */
void owners_begin(void);
void owners_end(struct owners_seen *);
/* Fails the test for each count above that must be 0. */
void owners_judge(struct test_run *, const struct owners_seen *);
