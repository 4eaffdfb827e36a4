/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/fire.h - hot-add and hot-remove under load: while a range is added and removed,
 * every other CPU reads, writes and executes in it, allocates from it, and uses pages that are
 * being migrated.
 *
 * Detectors: words tagged with their pfn and the generation of the add.  An access during which the
 * epoch did not change belongs to a known phase.  While the range is present, it must find the tag
 * of this generation.  While it is removed, it must fault, by load, by store and by jump.
 * Otherwise nothing is checked, but the accesses continue, so that entries are cached at every
 * step.
 */
#pragma once
#include <mm/hotplug/movable.h>
#include <tests/harness/util.h>

#define FIRE_MARKS 16 /* tagged pages of the range */
#define FIRE_MOVERS 4 /* movable pages in use, each CPU */

enum fire_fault {
	FIRE_OK,
	FIRE_READ,
	FIRE_WRITE,
	FIRE_FETCH,
	FIRE_DATA,
	FIRE_LOST,
	FIRE_MISSING,
	FIRE_KINDS
};

struct fire_record {
	u8 what, cpu; /* enum fire_fault */
	int kind;
	vaddr_t va;
	u64 value, wanted, generation;
	u32 epoch;
};

struct fire_cpu {
	struct movable mover[FIRE_MOVERS];
	u64 last[FIRE_MOVERS];
	u64 loads, stores, fetches, allocs, faults, passes, lazy, wrong;
	u64 of[FIRE_KINDS]; /* `wrong` by enum fire_fault */
	struct rng rng;
	struct fire_record first;
} __attribute__((aligned(64)));

struct fire {
	struct range range;
	/* How the range is added and removed: as by the operator, unless set after fire_begin(). */
	int (*add_range)(struct fire *, struct why *), (*remove_range)(struct fire *, struct why *);
	const char *memmap;
	u32 stop, epoch; /* epoch: odd during a change */
	bool there;
	u64 generation, cycles;
	u64 code_unmapped; /* the generation whose code was unmapped, 0 while code is mapped */
	struct page *mark[FIRE_MARKS], *code;
	vaddr_t mark_va[FIRE_MARKS], meta_va, code_va;
	struct fire_cpu cpu[CPUS_MAX];
};

/* Totals over all CPUs, and the first record of any. */
struct fire_sum {
	u64 loads, stores, fetches, allocs, faults, lazy, wrong;
	u64 of[FIRE_KINDS];
	struct fire_record first;
};

/* False: skipped or failed; the test run has the reason. */
bool fire_begin(struct fire *, struct test_run *, u64 blocks, const char *memmap);
/* Add and remove the range once; 0, or the error of an operation (-ECANCELED after Ctrl-C). */
int fire_cycle(struct fire *, struct rng *, struct why *);
void fire_end(struct fire *, struct fire_sum *);
/* Add the keys of a test's result line, and fail it if a CPU observed a forbidden outcome. */
void fire_result(struct test_run *, const struct fire *, const struct fire_sum *);
void fire_sentence(const struct fire_record *, char *buf, size_t size);
