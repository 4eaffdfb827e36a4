/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/gicv3/model.h - a GICv3 at the limits of IHI 0069: a change that RWP tracks is in
 * force only after RWP was read as 0, and children wake up late.  The model complains about
 * accesses that software must not make, and about a write to a system register that no ISB follows.
 */
#pragma once
#include <kern/cpu.h>
#include <lib/types.h>
#include <want.h>

#define MODEL_CPUS 3u
#define MODEL_REGIONS 2u
#define REGION_FRAMES 0x80000u
#define MODEL_LINES 1024u

struct machine {
	unsigned lines; /* interrupts: 32 * (GICD_TYPER.ITLinesNumber + 1) */
	unsigned pribits;
	bool are;          /* left on by firmware, with groups enabled */
	bool virtual_lpis; /* GICv4: redistributors of four frames */
	u32 stride;        /* of the tree, 0: none; frames between belong to no CPU */
	unsigned regions;  /* of redistributors; another range of the tree follows */
	u64 hwid[MODEL_CPUS];
	unsigned region[MODEL_CPUS], place[MODEL_CPUS]; /* of the CPU's redistributor */
};

struct model_lines {
	u8 enabled[MODEL_LINES], forwarded[MODEL_LINES]; /* RWP is 1 while they differ */
	u8 group[MODEL_LINES], edge[MODEL_LINES], priority[MODEL_LINES];
	u8 pending[MODEL_LINES], active[MODEL_LINES];
	unsigned busy; /* reads of RWP until it is 0 */
};

struct model_cpu {
	struct model_lines own;
	u32 waker;
	unsigned waking;
	u64 sre, pmr, bpr, ctlr, enabled, ap[4];
	bool sre_in_force;
};

struct model {
	const struct machine *machine;
	struct model_lines spi;
	u64 route[MODEL_LINES];
	u32 groups, groups_in_force;
	bool are, are_in_force;
	struct model_cpu cpu[MODEL_CPUS];
	unsigned unsynced; /* writes of system registers since the last ISB */
	unsigned accesses; /* all accesses */
	u64 sgi[8];
	unsigned sgis;
	u32 acknowledge[8]; /* values of ICC_IAR1_EL1, then 1023 */
	unsigned acknowledged, ended;
	u32 end[8];
	bool barrier; /* DSB since the last acknowledge */
};
extern struct model model;
extern bool model_stuck; /* RWP and ChildrenAsleep stay 1: later accesses cause no complaints */
extern u8 model_distributor[], model_region[MODEL_REGIONS][REGION_FRAMES];

void model_begin(const struct machine *);
void complain(const char *sentence);
