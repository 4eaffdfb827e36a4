/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/late.h - loads that a CPU has executed and not performed: a load may be performed after
 * po-later stores of its CPU if nothing orders them (load buffering: RVWMO has no rule from a load
 * to a later store but 1, 4, 5, 9 to 13; Arm ARM B2.3).  The address is translated when the load is
 * executed, so it never faults later.  One is performed, at the latest,
 *   - when its register is touched: before all that depends on it by data, address or control
 *     (RVWMO rules 9 to 11, 13; B2.3, "Dependency-ordered-before")
 *   - before a later load of its CPU of the same word (2; B2.3, internal visibility), unless the
 *     CPU has stored all that it loads in between: it reads those bytes, and is not ordered after
 *   - before a later store of its CPU to the same word is visible (1; B2.3, local write
 *     successor), and before an atomic of it
 *   - before a fence that has loads in front (4), before a store-release of its CPU is visible, and
 *     an atomic with release (6, 7; B2.3, "Barrier-ordered-before")
 *   - before a TLBI that names its translation is complete (Arm ARM D8.17.8)
 *   - in firmware, in a wait; and at any time by chance.
 * order.c does what concerns memory; a core calls late_touched() before it runs an operation.
 *
 * An AMO of RVWMO that does not acquire is late in the same way: one operation, load and store,
 * that younger stores overtake.  What must be performed before it is when the AMO is executed.
 * After that only a dependency on its register, an access of its word, a fence, SFENCE.VMA or a
 * release forces it (rules 1 to 13).
 *
 * `late=1`: each load; otherwise one in n of a word that others write.  `atomics=`: one AMO in n.
 */
#pragma once
#include <lib/types.h>

#define LATE_MAX 4u

struct late_load {
	u64 pa, view; /* view: of its address */
	u64 operand;  /* of an atomic */
	u32 word;     /* an atomic's instruction; 0: a load */
	u8 reg, bytes;
	u8 older;     /* the first of the buffer's stores are before it, so many */
	bool extends; /* the sign, to 32 bits (narrow) or to 64 */
	bool narrow;
	bool release; /* of an atomic */
};

struct late_loads {
	unsigned nr;
	unsigned atomics; /* of them */
	u64 regs;         /* theirs, as bits: the core watches them */
	struct late_load load[LATE_MAX];
};

/* By chance; false: the load is not late. */
bool late_begin(unsigned cpu, const struct late_load *l);
/* The instruction of the load that was begun last, of this register, did not complete. */
void late_cancel(unsigned cpu, unsigned reg);
void late_touched(unsigned cpu, u64 regs);
void late_within(unsigned cpu, u64 pa, u64 bytes);
/* The CPU loads of a word; stores to it; its i-th store in the buffer, to the word, leaves. */
void late_before_load(unsigned cpu, u64 pa, unsigned bytes);
void late_before_store(unsigned cpu, u64 word);
void late_leaves(unsigned cpu, unsigned i, u64 word, bool release);
void late_all(unsigned cpu);
/* A fence has loads in front, or stores alone. */
void late_fence(unsigned cpu, bool loads);
/* The atomics among them; those with release alone. */
void late_atomics(unsigned cpu, bool releases);
/* One that is before the i-th store in the buffer; NULL: there is none. */
const struct late_load *late_atomic(unsigned cpu, unsigned i);
void late_some(unsigned cpu);
