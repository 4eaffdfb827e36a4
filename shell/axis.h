/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/axis.h - the axes of mm/policy/policy.h as one list, for screens that list all of them
 * (`show schemes`, `compare`, `promises`, key 7) and for completion of `tlb=` and its like.
 *
 * Every scheme type begins with its struct scheme (asserted in mm/policy/policy.c), so a pointer
 * out of any of the registration sections may be read as one.  All functions are pure readers of
 * tables that the linker made: any context, no lock.
 */
#pragma once
#include <kern/args.h>
#include <mm/policy/policy.h>
#include <tests/harness/promises.h>

/* One row of the list in axis.c.  An axis that is added to policy.h needs a row there, else no
 * screen shows it. */
struct axis {
	const char *name;        /* as typed before `=` */
	enum arg_id arg;         /* the argument that chooses; ARG_NR: only tests choose */
	scheme_entries from, to; /* its schemes */
};
/* In the order in which screens list them. */
extern const struct axis axes[];
extern const unsigned axes_nr;

/* Loop over the schemes of one axis, in link order, which is by path (lib/reg.h); axis_scheme() of
 * the iterator is the scheme. */
#define axis_for_each(a, it) for (scheme_entries it = (a)->from; it < (a)->to; it++)

/* The common part of a scheme: name, claim, promises.  The caller casts to reach the rest, such as
 * the functions of a tlb scheme. */
static inline const struct scheme *axis_scheme(scheme_entries it)
{
	return *it;
}

/* The axis of this name, "tlb".  NULL for any other text; `why` then lists the axes. */
const struct axis *axis_find(const char *name, struct why *);
/* The axis whose scheme this argument chooses, or NULL. */
const struct axis *axis_of_arg(enum arg_id);
/* The scheme of this name, or NULL; and the names of all, with blanks between, cut at `size`. */
const struct scheme *axis_named(const struct axis *, const char *name);
void axis_names(const struct axis *, char *buf, size_t size);
/* Can this machine use the scheme?  Only tlb=, vmalloc= and newmap= depend on the machine.  If
 * false, `reason` states why, cut at `size`; if true, `reason` is unchanged. */
bool axis_usable(const struct axis *, const struct scheme *, char *reason, size_t size);
/* The promises of one scheme as a row of letters: "abc-".  Letter n stands for the n-th promise of
 * the axis in the order of tests/harness/promises.c; `-` is a promise that the scheme does not
 * make.  Writes and returns `buf`.  The caller prints the legend. */
const char *axis_letters(const struct axis *, u32 promised, char buf[static PROMISE_NR + 1]);
