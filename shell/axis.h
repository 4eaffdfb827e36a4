/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/axis.h - the axes of mm/policy/policy.h as one list, for screens that go over all of them.
 * Every scheme type begins with its struct scheme (asserted in mm/policy/policy.c).
 */
#pragma once
#include <kern/args.h>
#include <mm/policy/policy.h>
#include <tests/harness/promises.h>

struct axis {
	const char *name;        /* as typed before `=` */
	enum arg_id arg;         /* the argument that chooses */
	scheme_entries from, to; /* its schemes */
};
extern const struct axis axes[];
extern const unsigned axes_nr;

#define axis_for_each(a, it) for (scheme_entries it = (a)->from; it < (a)->to; it++)

static inline const struct scheme *axis_scheme(scheme_entries it)
{
	return *it;
}

/* NULL, and -EINVAL's sentence with the axes there are. */
const struct axis *axis_find(const char *name, struct why *);
/* Can this machine use it?  The reason if not. */
bool axis_usable(const struct axis *, const struct scheme *, char *reason, size_t size);
/* "a".. in the order of tests/harness/promises.c: the promises of the axis, as letters. */
const char *axis_letters(const struct axis *, u32 promised, char buf[static PROMISE_NR + 1]);
