/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/errata.h - which rows of published errata are in force: the architecture has the rows
 * (arch_errata) and puts them in force as CPUs look at themselves.  `errata=+NAME` does so for any;
 * `errata=-NAME` leaves out what would be done, for whoever wants to see what it is for.
 *
 * One affected CPU is enough, and a row stays in force.  Rows are asked about at any time, by any
 * CPU.
 */
#pragma once
#include <lib/atomic.h>
#include <lib/err.h>
#include <lib/types.h>

struct erratum {
	const char *name;            /* errata=+NAME: as if a CPU of this machine needed that row */
	const char *numbers;         /* as their makers publish them */
	const char *effect, *remedy; /* without it; what is done, and what that costs */
	const char *property;        /* of the tree's timer, of a machine that needs it; or NULL */
	bool tlb;                    /* what is done is part of every back end */
	bool nothing; /* nothing is done, or always and everywhere: nothing can be left out */
};
extern const struct erratum arch_errata[]; /* in arch/ARCH; ends with a name of NULL */

/* A row's word.  In force: NEEDED or FORCED, and not OFF. */
#define ERRATUM_NEEDED 1u /* by a CPU, or the tree says so */
#define ERRATUM_FORCED 2u /* errata=+NAME */
#define ERRATUM_OFF 4u    /* errata=-NAME */

#define ERRATA_MAX 20
extern u32 errata_rows[ERRATA_MAX]; /* atomic */

static inline bool erratum_on(unsigned row)
{
	return atomic_load_relaxed(&errata_rows[row]) - 1 < ERRATUM_OFF - 1;
}

void erratum_apply(unsigned row);
/* In arch/ARCH: rows have changed, for what it keeps of them. */
void arch_errata_changed(void);
/* Rows that the timer of this tree has the property of. */
void errata_by_tree(const void *fdt, bool (*timer_has)(const void *fdt, const char *property));

/* +NAME and -NAME, with commas, all or none; -EINVAL. */
int errata_words(const char *list, struct why *);
bool errata_in_force(const char *name);
/* Each row in force. */
void errata_each(void (*row)(const struct erratum *, void *arg), void *arg);
/* Each row that words changed, as they did: "+repeat-tlbi", "-repeat-tlbi". */
void errata_each_word(void (*row)(const struct erratum *, char sign, void *arg), void *arg);
/* Is it needed here, by a CPU or by the tree, in force or not? */
bool erratum_needed(const struct erratum *);
