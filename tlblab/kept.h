/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/kept.h - how long a CPU keeps a failed walk after the entry became valid, under a scheme
 * of newmap=.
 *
 * Every CPU faults on an address repeatedly, by bare probes, which neither fence nor retry; the
 * boot CPU maps a page there and probes, too.  The time is that from the return of the map to the
 * first load that succeeds, in ticks of arch_counter().
 */
#pragma once
#include <kern/cpu.h>
#include <mm/policy/policy.h>

#define KEPT_FIRST 4 /* log2 of the ticks that the first time is less than */
#define KEPT_TIMES 10

struct kept_times {
	u32 none;             /* loads that succeeded at once */
	u32 less[KEPT_TIMES]; /* less than 16 << n ticks, and not less than half of it */
	u32 more;             /* or not within LAB_BOUND_NS: until a fence */
};

int kept_measure(const struct newmap_scheme *, cpumask_t, unsigned maps, struct kept_times *,
		 struct why *);
