/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/vmalloc_meter.h - the cost of a scheme of vmalloc=: areas per million instructions on
 * n CPUs, the longest hold of its lock, and the tables that it leaves.
 *
 * Called on the boot CPU's worker while no other CPU changes memory.  The scheme is put in force;
 * on return, also after a failure, the previous one is in force again.  Costs are those of
 * cost_now(): instructions where the machine counts them (an emulator under -icount has one counter
 * for all CPUs), else ns.
 */
#pragma once
#include <mm/hotplug/hotplug.h>
#include <mm/policy/policy.h>

struct vmalloc_meter {
	u64 areas;  /* of one page, allocated and freed, by all CPUs together */
	u64 cost;   /* from the first area to the last, on the boot CPU */
	u64 cycles; /* of add and remove of a block meanwhile */
	u64 held;   /* longest hold of the scheme's own lock by vmalloc; 0: it takes none */
	u64 held_by_removal; /* ... by a removal */
};

/* Absent blocks that are added and removed. */
struct vmalloc_place {
	paddr_t pa;
	u64 blocks;
	unsigned node;
};

/* Run on the first `cpus` CPUs for about `budget` of cost.  With a place, which needs two CPUs, the
 * boot CPU adds and removes its first block while the others allocate.  A scheme with locks runs
 * twice, so that the cost of measuring its holds is not part of the areas' cost. -EINVAL: too few
 * CPUs; or an error of the add. */
int vmalloc_meter_run(const struct vmalloc_scheme *, unsigned cpus, const struct vmalloc_place *,
		      u64 budget, struct vmalloc_meter *, struct why *);
/* *left: the table pages that remain after each block of the place was added and removed once,
 * mapped by pages.  They are freed before this function returns. */
int vmalloc_meter_tables(const struct vmalloc_scheme *, const struct vmalloc_place *, u64 *left,
			 struct why *);
