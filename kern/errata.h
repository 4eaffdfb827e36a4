/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/errata.h - which rows of published errata are in force: the architecture has the rows
 * (arch_errata) and puts them in force as CPUs look at themselves; `errata=+NAME` does so for any.
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
	bool tlb;                    /* what is done is part of every back end */
};
extern const struct erratum arch_errata[]; /* in arch/ARCH; ends with a name of NULL */

#define ERRATA_MAX 16
extern bool errata_rows[ERRATA_MAX]; /* atomic */

static inline bool erratum_on(unsigned row)
{
	return atomic_load_relaxed(&errata_rows[row]);
}

static inline void erratum_apply(unsigned row)
{
	atomic_store_relaxed(&errata_rows[row], true);
}

/* +NAME; -EINVAL names those there are. */
int errata_force(const char *text, struct why *);
bool errata_in_force(const char *name);
/* Each row in force. */
void errata_each(void (*row)(const struct erratum *, void *arg), void *arg);
