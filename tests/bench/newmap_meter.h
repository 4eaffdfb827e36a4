/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/newmap_meter.h - pages that are mapped where CPUs have just faulted: what a scheme of
 * newmap= executes at the map, and what it leaves to the CPUs that use the page.
 *
 * The boot CPU maps.  The CPUs load plainly, so the trap handler retries what faults.
 */
#pragma once
#include <kern/cpu.h>
#include <mm/policy/policy.h>

struct newmap_meter {
	u64 fences;              /* barriers of the CPU that maps */
	u64 invals;              /* invalidations on every CPU */
	u64 own, others;         /* loads that faulted, of the CPU that maps and of the others */
	u64 retries, most;       /* of all loads, and of one */
	u64 wrong;               /* loads that read something else than the page has */
	u64 cost;                /* of cost_now(): the maps alone, on the CPU that maps */
	u64 fault_cost, faulted; /* of the loads that faulted, and how many those were then */
};

/* The scheme has to be usable.  What was in force is in force again on return. */
int newmap_meter_run(const struct newmap_scheme *, cpumask_t, unsigned maps, struct newmap_meter *,
		     struct why *);
