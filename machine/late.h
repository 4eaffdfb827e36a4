/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/late.h - load buffering: loads that a CPU has executed and not yet performed.  A load may
 * be performed after po-later stores of its CPU if nothing orders them (RVWMO has no rule from a
 * load to a po-later store but 1, 4, 5, 9 to 13; Arm ARM B2.3).  The address is translated when the
 * load is executed, so no fault occurs later.  A late load is performed, at the latest,
 *   - before an operation reads or writes its register, so before all accesses that depend on it by
 *     data, address or control (RVWMO rules 9 to 11, 13; B2.3, "Dependency-ordered-before")
 *   - before a po-later load of the same word (2; B2.3, internal visibility), unless stores of its
 *     CPU between the two write each byte of that load: the load is forwarded these bytes
 *   - before a po-later store of its CPU to the same word is performed (1; B2.3, local write
 *     successor), and before an atomic of that word
 *   - before a fence with predecessor r (4), before a store-release of its CPU is performed, and
 *     before an atomic with release (6, 7; B2.3, "Barrier-ordered-before")
 *   - before a TLBI that names its translation is complete (Arm ARM D8.17.8)
 *   - in firmware, in a wait; and at any time by chance.
 * order.c does the accesses to memory; a core calls late_touched() before it runs an operation.
 *
 * An AMO of RVWMO without acquire can be late in the same way: po-later stores overtake it, and its
 * load and store are performed as one operation.  Accesses that must be performed before it are
 * performed when it is executed.  After that only a dependency on its register, an access to its
 * word, a fence, SFENCE.VMA or a release forces it (rules 1 to 13).
 *
 * `late=1`: each load is late; otherwise one in n of those to a word that other CPUs write.
 * `atomics=`: one AMO in n.
 */
#pragma once
#include <lib/types.h>

#define LATE_MAX 4u

struct late_load {
	u64 pa, view; /* view: of its address */
	u64 operand;  /* of an atomic */
	u32 word;     /* an atomic's instruction; 0: a load */
	u8 reg, bytes;
	u8 older;     /* number of entries at the front of the buffer that are po-earlier */
	bool extends; /* sign extension, to 32 bits (narrow) or to 64 */
	bool narrow;
	bool release; /* of an atomic */
};

struct late_loads {
	unsigned nr;
	unsigned atomics; /* of them */
	u64 regs;         /* their registers, as bits: the core watches them */
	struct late_load load[LATE_MAX];
};

/* The load becomes late, by chance; false: it does not. */
bool late_begin(unsigned cpu, const struct late_load *l);
/* The instruction of the load that was added last, to this register, did not complete. */
void late_cancel(unsigned cpu, unsigned reg);
/* Perform the late loads of these registers; of this memory. */
void late_touched(unsigned cpu, u64 regs);
void late_within(unsigned cpu, u64 pa, u64 bytes);
/* Before the CPU loads from the word; stores to it; drains its i-th buffered store, to the word. */
void late_before_load(unsigned cpu, u64 pa, unsigned bytes);
void late_before_store(unsigned cpu, u64 word);
void late_before_drain(unsigned cpu, unsigned i, u64 word, bool release);
void late_all(unsigned cpu);
/* Before a fence; loads: its predecessor set has r. */
void late_fence(unsigned cpu, bool loads);
/* Perform the late atomics; releases: only those with release. */
void late_atomics(unsigned cpu, bool releases);
/* A late atomic that is po-earlier than the i-th store in the buffer; NULL: there is none. */
const struct late_load *late_atomic(unsigned cpu, unsigned i);
/* Perform one by chance. */
void late_some(unsigned cpu);
