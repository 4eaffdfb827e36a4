/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/bench_cycle.h - the cost of adding, onlining, offlining and removing one range.  All
 * use memmap=device, the placement closest to that of the reference figures.
 */
#pragma once
#include <kern/trap.h>
#include <mm/hotplug/movable.h>
#include <mm/page/region.h>
#include <tests/harness/bench.h>

#define CYCLE_ROUNDS 3

struct cycle_cost {
	u64 add_online[CYCLE_ROUNDS], offline_remove[CYCLE_ROUNDS];
	struct hotplug_report add, remove;
	u64 old_bytes; /* allocated in old memory by the add */
	u64 tables;
};

/* Find a range of withheld memory, aligned to 1 GiB. */
bool cycle_range(u64 len, paddr_t *pa, unsigned *node);
/* Run a warm-up and CYCLE_ROUNDS rounds.  leaf: 0 pages, -1 the largest.  False after logging the
 * reason. */
bool cycle_measure(const char *name, u64 len, int leaf, struct cycle_cost *);
u64 cycle_median(const u64 v[CYCLE_ROUNDS]);
