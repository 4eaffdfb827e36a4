/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/newmap_meter.h - pages that are mapped where CPUs have just faulted: the cost of a
 * scheme of newmap= at the map, and for the CPUs that use the page.
 *
 * The boot CPU maps.  The CPUs use plain loads, so the trap handler retries a load that faults.
 */
#pragma once
#include <kern/cpu.h>
#include <mm/policy/policy.h>

struct newmap_meter {
	u64 fences;              /* barriers of the CPU that maps */
	u64 invals;              /* invalidations on every CPU */
	u64 own, others;         /* loads that faulted, on the CPU that maps and on the others */
	u64 retries, most;       /* of all loads; the most of one load */
	u64 wrong;               /* loads that returned another value than the page holds */
	u64 cost;                /* of the maps alone, on the CPU that maps (cost_now()) */
	u64 fault_cost, faulted; /* cost of the loads that faulted, and their number in that pass */
};

/* The scheme has to be usable.  On return the previous scheme is in force again. */
int newmap_meter_run(const struct newmap_scheme *, cpumask_t, unsigned maps, struct newmap_meter *,
		     struct why *);
