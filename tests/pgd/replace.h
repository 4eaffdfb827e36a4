/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pgd/replace.h - ways to add a mapping to a root that every CPU walks (S4): into the live
 * root, or by replacing the root.
 *
 * The root is that of an address space which every CPU uses, not the kernel's own: what goes wrong
 * is a probe that faults or reads another value, and not the end of the machine.  The other CPUs
 * take interrupts all the time.
 */
#pragma once
#include <tests/pgd/spaces.h>

struct root_verdict {
	int err;
	cpumask_t strangers;   /* CPUs with another root than the published one (S4-05) */
	u64 live_stores;       /* to a root while a CPU walks it, not by the engine (S4-06) */
	u64 unbroken;          /* of them: a valid entry became another valid one */
	u64 windows;           /* exceptions that found a root which was never published (S4-09) */
	bool lost;             /* what another CPU mapped meanwhile is gone (S4-07) */
	cpumask_t cannot_read; /* CPUs that do not read the new mapping afterwards */
	/* costs */
	u64 root_stores, invalidations, stopped_ns;
	unsigned stopped; /* CPUs that did nothing else meanwhile */
};

struct root_variant {
	struct scheme s;
	int (*add)(struct root_verdict *); /* map the new page; with `meanwhile` in its middle */
};
REG_DECLARE(roots, struct root_variant);
#define ROOT_VARIANT(id, object) REGISTER(roots, id, object)

/* Every CPU uses the space, one variant adds to it, and what went wrong is counted.  `disturbed`:
 * another path maps a page under the same root slot meanwhile.  -ENOMEM: nothing was done. */
int root_variant_run(const struct root_variant *, bool disturbed, struct root_verdict *,
		     struct why *);
/* Bytes that a copy of the whole root takes; a variant takes those of a page instead (S4-03). */
void root_copy(void *to, const void *from, u64 bytes);
