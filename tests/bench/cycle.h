/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/cycle.h - what one range costs to add, online, offline and remove, for benchmarks.
 * memmap=device is used throughout, the placement whose numbers the references are closest to.
 */
#pragma once
#include <kern/trap.h>
#include <mm/movable.h>
#include <mm/region.h>
#include <shell/bench.h>

#define CYCLE_ROUNDS 3

struct cycle_cost {
	u64 add_online[CYCLE_ROUNDS], offline_remove[CYCLE_ROUNDS];
	struct hotplug_report add, remove;
	u64 old_bytes; /* taken from old memory by the add */
	u64 tables;
};

/* Withheld and aligned to 1 GiB. */
bool cycle_range(u64 len, paddr_t *pa, unsigned *node);
/* A warm-up and CYCLE_ROUNDS rounds; leaf: 0 pages, -1 the largest.  False after saying why. */
bool cycle_measure(const char *name, u64 len, int leaf, struct cycle_cost *);
u64 cycle_median(const u64 v[CYCLE_ROUNDS]);
