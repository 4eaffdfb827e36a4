/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/table_free.h - deferred freeing of tables that CPUs may still walk without a lock (S3).
 *
 * A removal unhooks a table, invalidates, waits for that, and then has a table that no TLB and no
 * page-table walker of a CPU can reach.  A walker in software that holds no lock (mm/study/gup.h)
 * may be inside it nevertheless.  The scheme of the axis `tables` (struct tables_scheme,
 * mm/policy/policy.h) decides when the table may be reused:
 *
 *   table_free_one() ---> scheme's free() ---> ... ---> table_release() ---> the owner's release()
 *
 * A BATCH is a page of table addresses with one callback head; it is allocated when the first table
 * needs it, which may fail.  A scheme must then work without one (S3-20, S3-21).
 *
 * Context of table_free_one() and table_free_finish(): that of pt_gather_release(), so interrupts
 * on, no lock held, outside sections.  release() runs there or in a callback of kern/grace.h.
 */
#pragma once
#include <kern/grace.h>
#include <lib/types.h>
#include <mm/policy/policy.h>

struct table_batch;

/* One owner of tables: a tree.  Calls on one struct are serialised by the owner of the tree;
 * callbacks write only the numbers, at the same time. */
struct table_free {
	const struct tables_scheme *how;
	void (*release)(struct table_free *, paddr_t table); /* no walker can reach it */
	/* A zeroed batch, or NULL: there is none.  NULL here: pages of the allocator. */
	struct table_batch *(*batch_take)(void);
	void (*batch_give)(struct table_batch *);
	struct table_batch *open; /* takes further tables; NULL: none */
	/* Numbers, atomic. */
	u64 freed;     /* passed to table_free_one() */
	u64 released;  /* passed to release() */
	u64 most;      /* maximum pending at one time */
	u64 callbacks; /* that released tables */
	u64 waits;     /* a wait instead of a callback: for one table */
};

struct table_batch {
	struct grace_head head;
	struct table_free *owner;
	u32 nr, max;
	paddr_t table[];
};

/* Sets `how` and `release`; the caller may set the batch functions afterwards. */
void table_free_begin(struct table_free *, const struct tables_scheme *how,
		      void (*release)(struct table_free *, paddr_t));
/* Free one table that is unhooked and invalidated. */
void table_free_one(struct table_free *, paddr_t);
/* The end of one removal: defer the tables of the open batch. */
void table_free_finish(struct table_free *);
/* The same, and wait until every table is released: before the struct is discarded. */
void table_free_end(struct table_free *);

/* ---- for schemes ---- */

/* Release one table now. */
void table_release(struct table_free *, paddr_t);
/* Add to the open batch; a full one is deferred.  False: there is no batch and no memory for one.
 */
bool table_batch_add(struct table_free *, paddr_t);
/* Defer the open batch, if there is one: its tables are released after a grace period. */
void table_batch_defer(struct table_free *);
/* Defer one table, a whole page with a struct page, by a callback of its own. */
void table_defer(struct table_free *, paddr_t);
/* Free one table in a batch of its own, or after a wait.  Several CPUs may call it at the same
 * time; `freed` and `most` do not count it. */
void table_defer_batch(struct table_free *, paddr_t);
