/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/tlb.h - the TLB and walk caches of each CPU: entries by the address range that they
 * translate.  An entry stays until an invalidation that must remove it, or until another one
 * replaces it.
 *
 * An entry is one word of a table as a walker read it: a leaf, a table, or an invalid one (a failed
 * walk).  A set of four holds entries of one hash.  Two entries of the same address, old and new,
 * may be present at once, and tlb_find() returns either.
 *
 * `shift` is that of the entry's range, which may be a run of words (Svnapot, contiguous).  `level`
 * counts from 0 for the last one.
 */
#pragma once
#include <lib/types.h>
#include <machine/machine.h>
#include <machine/random.h>

/* TLB_MIX: bits of two leaves, for one access; never in a TLB. */
enum tlb_kind { TLB_LEAF, TLB_TABLE, TLB_INVALID, TLB_MIX };

struct tlb_entry {
	u64 va;       /* of the range */
	u64 word, at; /* the word, and its physical address */
	u64 time;     /* of the store read from (order.h): tables below it are no older */
	u64 born;     /* the step at which it was added */
	u64 asid;
	u8 shift, level, kind;
	u8 holes; /* quarters that an invalidation has removed alone (wrong=) */
	bool global, used;
};

void tlb_reset(void);
void tlb_insert(unsigned cpu, const struct tlb_entry *walk);
/* Any entry of this level that translates va for this ASID, or NULL. */
const struct tlb_entry *tlb_find(unsigned cpu, u64 va, unsigned level, u64 asid);

/* The same, by the shifts of an entry's range and of a run's on this level (0: no runs). */
const struct tlb_entry *tlb_find_run(unsigned cpu, u64 va, unsigned shift, unsigned run,
				     unsigned level, u64 asid);

/* Drop each entry for which drop() is true. */
typedef bool tlb_filter(const struct tlb_entry *walk, const void *operands);
void tlb_drop(unsigned cpu, tlb_filter *drop, const void *operands);
void tlb_drop_all(unsigned cpu);

/* wrong=: the quarters of the entry that an invalidation removes, as a mask, where it should remove
 * the whole; 0: it removes the whole.  NULL: so does every one. */
extern u8 (*tlb_piece)(const struct tlb_entry *walk, const void *operands);
static inline u8 tlb_quarter(const struct tlb_entry *walk, u64 va)
{
	return (u8)(1u << (va >> (walk->shift - 2) & 3));
}

/* Called when an invalidation of CPU `by` names the entry's address but does not remove the entry;
 * NULL: no callback. */
extern void (*tlb_spared)(const struct tlb_entry *walk, unsigned by, const char *why);

/* Any valid entry that was read at this physical address, or NULL. */
const struct tlb_entry *tlb_read_at(unsigned cpu, u64 at);

/* All entries that translate va, of any level and ASID; `most` at most. */
unsigned tlb_entries_of(unsigned cpu, u64 va, const struct tlb_entry **found, unsigned most);

/* evict=: a look-up finds no entry, as if it had been evicted, which may happen at any time. */
static inline bool tlb_evicted(void)
{
	return knobs.evict && one_in(knobs.evict);
}

/* May a CPU use a translation again without a look-up?  Not where many look-ups miss. */
#define EVICT_SELDOM 64
static inline bool tlb_remembers(void)
{
	return !knobs.evict || knobs.evict >= EVICT_SELDOM;
}

struct tlb_counts {
	u64 inserted, used;
};
extern struct tlb_counts tlb_counts;
