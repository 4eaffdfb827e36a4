/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/aspace/fake.h - CPUs with TLBs that hold entries by ASID, and an engine whose calls
 * are checked for their order.
 */
#pragma once
#include <kern/cpu.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt.h>
#include <mm/study/asid.h>

#define SLOTS 16u /* of a root; each spans 1 << TOP */
#define TOP 36u
#define HALF 39u /* log2 of half of what is translated */
#define ROOTS 32u

struct fake {
	/* chosen */
	u8 bits[CPUS_MAX]; /* of ASIDs, by CPU */
	cpumask_t online;
	unsigned roots_most; /* that there are */
	int plan_code;       /* a plan is refused */
	u16 filled;          /* root slots under which the kernel has mapped something */
	int nothing;         /* of a walk that finds nothing */
	bool in_kernel, in_own;
	/* seen */
	bool root_used[ROOTS];
	unsigned visible, node, global_flushes, ones, here, maps, frees, sure;
	u16 shared[ROOTS + 1]; /* root slots, by the tree that got them */
	vaddr_t here_va;
	struct pt_inval inval;
	u32 prot;
	paddr_t pa;
	bool locked, mapped;
	int plans;
	const struct pt_gather *gather; /* that is open */
	bool owed;
	const struct pt *root_of[CPUS_MAX]; /* NULL: the kernel's alone */
	unsigned stale;                     /* entries that a CPU would use wrongly */
};
extern struct fake fake;

void fake_begin(void);
void fake_cpu(unsigned nr); /* that runs from here on */
void fake_access(void);     /* through its space, whose entry is cached */
bool fake_quiet(void);      /* no lock, plan or gather is left */
#define fake_root(pt) ((unsigned)((pt)->root >> 12))
