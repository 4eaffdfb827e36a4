/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pgd/replace.h - ways to add a mapping to a root that every CPU walks (S4): by a store to
 * the live root, or by replacing the root.
 *
 * The root is that of an address space which every CPU uses, not the kernel's own: a mistake makes
 * a probe fault or read another value, and does not crash the machine.  The other CPUs take
 * interrupts all the time.
 */
#pragma once
#include <tests/pgd/spaces.h>

struct root_verdict {
	int err;
	cpumask_t strangers; /* CPUs with another root than the published one (S4-05) */
	u64 live_stores;     /* stores to a root that a CPU walks, not by the engine (S4-06) */
	u64 unbroken;        /* of these, stores that replaced a valid entry by another valid one */
	u64 windows;         /* exceptions on a root that was never published (S4-09) */
	bool lost;           /* a mapping that another CPU made meanwhile is lost (S4-07) */
	cpumask_t cannot_read; /* CPUs that cannot read the new mapping afterwards */
	/* costs */
	u64 root_stores, invalidations, stopped_ns;
	unsigned stopped; /* CPUs that were stopped meanwhile */
};

struct root_variant {
	struct scheme s;
	int (*add)(struct root_verdict *); /* map the new page, with `meanwhile` in the middle */
};
REG_DECLARE(roots, struct root_variant);
#define ROOT_VARIANT(id, object) REGISTER(roots, id, object)

/* Every CPU uses the space, one variant adds to it, and mistakes are counted.  `disturbed`: another
 * path maps a page under the same root slot meanwhile.  -ENOMEM: nothing was done. */
int root_variant_run(const struct root_variant *, bool disturbed, struct root_verdict *,
		     struct why *);
/* Copy a whole root; `bytes` may also be those of a page (S4-03). */
void root_copy(void *to, const void *from, u64 bytes);
