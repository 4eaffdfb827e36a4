/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/errata.h - which rows of published errata are in force.  The architecture has the rows
 * (arch_errata) and applies them when a CPU reads its identification.  `errata=+NAME` applies a row
 * on any machine; `errata=-NAME` leaves a workaround out, to demonstrate the erratum.
 *
 * One affected CPU is enough, and a row stays in force until the next boot.  Any CPU may read the
 * rows at any time.
 */
#pragma once
#include <lib/atomic.h>
#include <lib/err.h>
#include <lib/types.h>

struct erratum {
	const char *name;            /* errata=+NAME: as if a CPU of this machine needed that row */
	const char *numbers;         /* as the vendors publish them */
	const char *effect, *remedy; /* without the workaround; the workaround and its cost */
	const char *property;        /* of the tree's timer, on machines that need it; or NULL */
	bool tlb;                    /* the workaround is part of every TLB back end */
	bool nothing; /* there is no workaround, or it is always active: cannot be left out */
};
extern const struct erratum arch_errata[]; /* in arch/ARCH; ends with a name of NULL */

/* A row's word.  In force: NEEDED or FORCED, and not OFF. */
#define ERRATUM_NEEDED 1u /* by a CPU, or according to the tree */
#define ERRATUM_FORCED 2u /* errata=+NAME */
#define ERRATUM_OFF 4u    /* errata=-NAME */

#define ERRATA_MAX 20
extern u32 errata_rows[ERRATA_MAX]; /* atomic */

static inline bool erratum_on(unsigned row)
{
	return atomic_load_relaxed(&errata_rows[row]) - 1 < ERRATUM_OFF - 1;
}

void erratum_apply(unsigned row); /* this machine needs it; any CPU, also while it is started */
/* In arch/ARCH: rows have changed, so recompute the settings derived from them. */
void arch_errata_changed(void);
/* Apply the rows whose property the timer node of this tree has. */
void errata_by_tree(const void *fdt, bool (*timer_has)(const void *fdt, const char *property));

/* +NAME and -NAME, with commas, the later word wins; all or none: -EINVAL. */
int errata_words(const char *list, struct why *);
bool errata_in_force(const char *name); /* false for an unknown name */
/* Visit each row in force. */
void errata_each(void (*row)(const struct erratum *, void *arg), void *arg);
/* Visit each row that errata= changed, with its sign: "+repeat-tlbi", "-repeat-tlbi". */
void errata_each_word(void (*row)(const struct erratum *, char sign, void *arg), void *arg);
/* Does a CPU or the tree of this machine need it, whether it is in force or not? */
bool erratum_needed(const struct erratum *);
