/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/vmalloc_meter.h - what a scheme of vmalloc= costs: areas a million instructions on n
 * CPUs, the longest hold of the lock that it takes, tables that it leaves behind.
 *
 * Called on the boot CPU's worker while no other CPU changes memory.  The scheme is put in force
 * and what was in force is put back, also after a failure.  Costs are cost_now()'s: instructions
 * where the machine counts them (an emulator under -icount has one counter for all CPUs), else ns.
 */
#pragma once
#include <mm/hotplug/hotplug.h>
#include <mm/policy/policy.h>

struct vmalloc_meter {
	u64 areas;  /* of a page, allocated and freed, by all CPUs together */
	u64 cost;   /* from the first to the last, on the boot CPU */
	u64 cycles; /* a block was added and removed meanwhile */
	u64 held;   /* longest hold of the scheme's own lock by vmalloc; 0: it takes none */
	u64 held_by_removal; /* ... by a removal */
};

/* Blocks that are absent, for the removals. */
struct vmalloc_place {
	paddr_t pa;
	u64 blocks;
	unsigned node;
};

/* The first CPUs of the machine, `cpus` of them, for about `budget` of cost.  With a place the boot
 * CPU adds and removes its first block while the others allocate: then two CPUs at least.  A scheme
 * with locks runs twice: the watch on its holds costs instructions, which the areas do not pay.
 * -EINVAL: there are fewer CPUs; or an error of the add. */
int vmalloc_meter_run(const struct vmalloc_scheme *, unsigned cpus, const struct vmalloc_place *,
		      u64 budget, struct vmalloc_meter *, struct why *);
/* Table pages that are left after each block of the place came and went once, by pages; they are
 * freed before this returns. */
int vmalloc_meter_tables(const struct vmalloc_scheme *, const struct vmalloc_place *, u64 *left,
			 struct why *);
