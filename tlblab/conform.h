/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/conform.h - conformance of TLB maintenance: every form (arch/tlb_form.h) against every
 * kind of entry (a target) that a CPU may have cached.
 *
 * The manual decides for each pair whether the entry must go.  A pair is tried in rounds: every CPU
 * uses the entry, the tables change, one CPU executes the form, and every CPU uses the address
 * again.  The control is the same without the form.  An old result after a form that must remove
 * the entry is a failure; if the control has old results, a failure could have been seen.  A form
 * may invalidate more than it must, so the other pairs have no verdict: they show what is kept.
 */
#pragma once
#include <arch/tlb_form.h>
#include <tlblab/lab.h>
#include <tlblab/profile.h>
#include <tlblab/storers.h>

#define CONFORM_PLACES 4 /* addresses that a round uses */

struct conform;

struct conform_target {
	const char *name;
	char late_name[32];
	const char *what; /* a sentence */
	u8 old;           /* enum conform_old: the sign of the old entry */
	bool global, table, other_va, other_asid, space;
	const struct access_kind *kind; /* NULL: a load, or a store where a store was refused */
	bool late; /* the old result: a store of that kind arrives after the form */
	u8 wants;  /* enum conform_wants */
	/* Map, have every CPU use it, change the tables; false: no memory. */
	bool (*change)(struct conform *);
	void (*end)(struct conform *); /* remove what change() left mapped, with invalidation */
};
/* The n-th target; the last ones are a leaf by each kind of access, then stores in flight by each
 * kind that stores.  False: there are fewer. */
bool conform_target(unsigned n, struct conform_target *);

/* Of one pair.  `own`: the CPU that executed the form. */
struct conform_result {
	struct profile_count own, others, control_own, control_others;
	u32 lost; /* rounds without memory */
	/* the first old result that must not be */
	unsigned cpu;
	vaddr_t va;
	struct tlb_named named;
};

struct conform {
	struct lab lab;
	struct rng rng;
	bool asids;       /* the CPUs have ASIDs */
	bool spaces;      /* conform_spaces_open() */
	struct page *run; /* a chunk of the size of a contiguous run */
	const struct conform_target *target;
	const struct tlb_form *form; /* NULL: a control */
	struct tlb_named named;
	vaddr_t va[CONFORM_PLACES];
	unsigned places;
	struct pt_gather gather;
	paddr_t table;
	struct storers storers;
	cpumask_t late; /* whose stores arrived after the form */
	u8 old[CPUS_MAX][CONFORM_PLACES];
	u64 value[CPUS_MAX][CONFORM_PLACES];
};

bool conform_open(struct conform *, u64 seed); /* false: no memory */
void conform_close(struct conform *);
/* Must the form remove the target's entries? */
bool conform_must(const struct tlb_form *, const struct conform_target *);
/* False: the pair is that of another target. */
bool conform_applies(const struct tlb_form *, const struct conform_target *);
/* NULL, or why the target cannot be tried here. */
const char *conform_missing(struct conform *, const struct conform_target *);
void conform_try(struct conform *, const struct tlb_form *, const struct conform_target *,
		 unsigned rounds, struct conform_result *);
/* An entry that must go was used again. */
static inline bool conform_failed(const struct tlb_form *f, const struct conform_result *r)
{
	return r->own.hits || (f->everywhere && r->others.hits);
}
/* The controls show that each kind of CPU could have used it again. */
static inline bool conform_could(const struct tlb_form *f, const struct conform_result *r)
{
	return r->control_own.hits &&
	       (!f->everywhere || !r->control_others.trials || r->control_others.hits);
}

/* ---- conform_space.c: two address spaces, 0 and 1 ---- */
bool conform_spaces_open(void); /* false: too few ASIDs, or no memory */
void conform_spaces_close(void);
const struct pt *conform_space(unsigned n);
/* Map a page in both, at one address; 0: no memory.  Unmap it in 0 without an invalidation. */
vaddr_t conform_space_map(struct conform *);
void conform_space_unmap(vaddr_t);
void conform_space_end(struct conform *); /* every CPU loads the kernel's root alone */
