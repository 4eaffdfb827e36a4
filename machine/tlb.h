/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/tlb.h - what each CPU has kept of page-table walks: entries by the address range that
 * they serve, until an invalidation that must remove them, or until another takes the place.
 *
 * An entry is one word of a table as a walker read it: a leaf, a table, or an invalid one (a failed
 * walk).  A set of four holds entries of one hash; two entries of the same address may be there at
 * once, old and new, and tlb_find() gives any of them.
 *
 * shift is that of the entry's range, which may be of a run of words (Svnapot, contiguous).  level,
 * from 0 for the last, stays beside it.
 */
#pragma once
#include <lib/types.h>

/* KEPT_MIX: bits of two leaves, which an access is given and nobody keeps. */
enum kept_kind { KEPT_LEAF, KEPT_TABLE, KEPT_INVALID, KEPT_MIX };

struct kept_walk {
	u64 va;       /* of the range */
	u64 word, at; /* the word, and its physical address */
	u64 time;     /* of the value (order.h): tables below it are no older */
	u64 born;     /* in instructions of the machine */
	u64 asid;
	u8 shift, level, kind;
	bool global, used;
};

void tlb_reset(void);
void tlb_keep(unsigned cpu, const struct kept_walk *walk);
/* Any entry of this level that serves va for this ASID, or NULL. */
const struct kept_walk *tlb_find(unsigned cpu, u64 va, unsigned level, u64 asid);

/* The same by shifts: of an entry's range, and of a run's on this level (0: there are none). */
const struct kept_walk *tlb_find_run(unsigned cpu, u64 va, unsigned shift, unsigned run,
				     unsigned level, u64 asid);

/* Drop each entry for which drop() is true. */
typedef bool tlb_judge(const struct kept_walk *walk, const void *operands);
void tlb_drop(unsigned cpu, tlb_judge *drop, const void *operands);
void tlb_drop_all(unsigned cpu);

/* An invalidation of CPU `by` names the entry's address, and leaves the entry; NULL: nobody asks.
 */
extern void (*tlb_left)(const struct kept_walk *walk, unsigned by, const char *why);

/* Any valid entry that was read at this physical address, or NULL. */
const struct kept_walk *tlb_read_at(unsigned cpu, u64 at);

/* All entries that serve va, of any level and ASID; `most` at most. */
unsigned tlb_held(unsigned cpu, u64 va, const struct kept_walk **held, unsigned most);

struct tlb_counts {
	u64 kept, used;
};
extern struct tlb_counts tlb_counts;
