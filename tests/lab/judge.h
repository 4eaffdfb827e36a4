/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/lab/judge.h - what a CPU may see of a translation that changes, by the manual it follows.
 *
 * Pure: no CPU is asked here, so the host holds all of it against a table of its own
 * (tests/host/lab).  docs/tlb.md has the rules with their citations.
 */
#pragma once
#include <lib/types.h>

enum outcome { /* of one load */
	       SAW_FAULT,
	       SAW_OLD,  /* the frame that was mapped first */
	       SAW_NEW,  /* the one that came after it */
	       SAW_TRAP, /* through a table that is one no more */
	       SAW_MARK, /* written into the old frame after it was taken away */
	       SAW_OTHER,
	       SAW_KEPT,  /* a fault on a valid entry that lasted until a fence of this CPU */
	       SAW_STUCK, /* one that outlived the fence */
	       SAW_BACK,  /* the new frame and, after it, the old one again */
	       OUTCOMES
};

const char *outcome_name(unsigned);

/* What a CPU promises of an entry that has just become valid decides which manual it follows. */
enum lab_rule {
	RULE_VMSA,   /* Armv8-A: no failed walk is kept; one that began early may still fail */
	RULE_ETS2,   /* FEAT_ETS2: nor may one whose access comes after the news in order */
	RULE_RISCV,  /* failed walks are kept until a fence of this hart */
	RULE_SVVPTC, /* ... or for a bounded time */
	RULES
};

enum lab_rule lab_rule_of(bool arm, u32 caps); /* caps: enum pt_caps of all CPUs */
const char *lab_rule_name(enum lab_rule);

/* Svvptc names no bound; this one is ours, some thousand times what a walk takes. */
#define LAB_BOUND_NS 10000000ull
/* How long a fault on a valid entry may last before it counts as SAW_KEPT.  Where a hart may keep
 * it for ever there is nothing to wait for. */
u64 lab_patience_ns(enum lab_rule);
/* A fault on a valid entry that went away: when?  `fenced`: only after a fence of this CPU. */
enum outcome lab_fault_outcome(bool fenced, bool gone);

/* ---- in which order one CPU saw what it saw ---- */
struct sight {
	u16 ever;            /* bitmap of outcomes */
	u16 after[OUTCOMES]; /* what came later than the first of these */
};
void sight_add(struct sight *, enum outcome);
bool sight_then(const struct sight *, enum outcome first, enum outcome then);
