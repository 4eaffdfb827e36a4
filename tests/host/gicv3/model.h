/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/gicv3/model.h - a GICv3 that does what IHI 0069 allows: a change that RWP tracks is in
 * force only when RWP was read as 0, and children wake up late.  What software must not do is
 * complained about, and so is a system register's write that no ISB follows.
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
	bool are;          /* as firmware left it; also with groups on, if so */
	bool virtual_lpis; /* GICv4: redistributors of four frames */
	u32 stride;        /* the tree's, 0: none; what lies between is nobody's */
	unsigned regions;  /* of redistributors; behind them the tree has another range */
	u64 hwid[MODEL_CPUS];
	unsigned region[MODEL_CPUS], place[MODEL_CPUS]; /* of its redistributor */
};

struct model_lines {
	u8 enabled[MODEL_LINES], forwarded[MODEL_LINES]; /* RWP is between the two */
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
	unsigned accesses; /* all of them */
	u64 sgi[8];
	unsigned sgis;
	u32 acknowledge[8]; /* what ICC_IAR1_EL1 gives, then 1023 */
	unsigned acknowledged, ended;
	u32 end[8];
	bool barrier; /* DSB since the last acknowledge */
};
extern struct model model;
extern bool
	model_stuck; /* RWP and ChildrenAsleep stay 1: nothing that follows is complained about */
extern u8 model_distributor[], model_region[MODEL_REGIONS][REGION_FRAMES];

void model_begin(const struct machine *);
void complain(const char *sentence);
