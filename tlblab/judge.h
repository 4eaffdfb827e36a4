/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/judge.h - what a CPU may observe of a translation that changes, by the manual of its
 * architecture.
 *
 * No CPU is accessed here, so the host tests all of it against a table of their own
 * (tests/host/lab). docs/tlb.md has the rules with their citations.
 */
#pragma once
#include <lib/types.h>

enum outcome { /* of one load */
	       SAW_FAULT,
	       SAW_OLD,  /* the frame that was mapped first */
	       SAW_NEW,  /* the frame that replaced it */
	       SAW_TRAP, /* through a table that was freed */
	       SAW_MARK, /* written to the old frame after its removal */
	       SAW_OTHER,
	       SAW_KEPT,  /* a fault on a valid entry until a fence of this CPU */
	       SAW_STUCK, /* the same even after the fence */
	       SAW_BACK,  /* the old frame after the new one was observed */
	       OUTCOMES
};

const char *outcome_name(unsigned);

/* The rules differ in what a CPU guarantees for an entry that has just become valid. */
enum lab_rule {
	RULE_VMSA,   /* Armv8-A: failed walks are not cached; an early walk may still fail */
	RULE_ETS2,   /* FEAT_ETS2: nor may one ordered after the store is known */
	RULE_RISCV,  /* failed walks may be cached until a fence of this hart */
	RULE_SVVPTC, /* ... or for a bounded time */
	RULES
};

enum lab_rule lab_rule_of(bool arm, u32 caps); /* caps: enum pt_caps of all CPUs */
const char *lab_rule_name(enum lab_rule);

/* Svvptc names no bound; this one is the lab's, some thousand times the duration of a walk. */
#define LAB_BOUND_NS 10000000ul
/* How long a fault on a valid entry may last before it counts as SAW_KEPT.  If a hart may cache it
 * for ever, waiting is useless. */
u64 lab_patience_ns(enum lab_rule);
/* The outcome of a fault on a valid entry.  `ended`: a later access succeeded; `fenced`: only
 * after a fence of this CPU. */
enum outcome lab_fault_outcome(bool fenced, bool ended);

/* ---- the order in which one CPU observed outcomes ---- */
struct sight {
	u16 ever;            /* bitmap of outcomes */
	u16 after[OUTCOMES]; /* outcomes observed after the first of each */
};
void sight_add(struct sight *, enum outcome);
bool sight_then(const struct sight *, enum outcome first, enum outcome then);
