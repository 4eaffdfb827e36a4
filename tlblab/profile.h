/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/profile.h - which entries this machine's TLBs keep, found by experiment: hits over
 * trials, never yes or no.
 *
 * Every experiment is architecturally old-or-new: an entry is removed without its invalidation and
 * then accessed; no valid entry replaces it before the invalidation.  The one exception changes the
 * frame of a valid translation and runs only with profile=bbm: loads only, and every bitwise mix of
 * the two addresses is in one chunk that belongs to the lab.
 */
#pragma once
#include <kern/cpu.h>

enum profile_item {
	PROFILE_LEAF,          /* a page leaf, on CPUs that used it */
	PROFILE_LEAF_UNUSED,   /* the same, on CPUs that never used it */
	PROFILE_BLOCK_TOUCHED, /* a large leaf: the page that was used */
	PROFILE_BLOCK_OTHER,   /* a large leaf: its other pages */
	PROFILE_TABLE_LEAF,    /* a leaf that was removed with its table */
	PROFILE_TABLE_WALK,    /* a removed table: an unused address of it */
	PROFILE_FETCH,         /* a page leaf, by instruction fetch */
	PROFILE_NEGATIVE,      /* a failed walk, cached when the address became valid */
	PROFILE_RIGHTS,        /* a refused store, after the page became writable */
	PROFILE_OTHER_VA,      /* kept although another address was invalidated */
	PROFILE_OTHER_ASID,    /* kept although this address was invalidated for another ASID */
	PROFILE_GLOBAL,        /* global, kept although it was invalidated for one ASID */
	PROFILE_LOCAL,         /* kept by others after a local invalidation */
	PROFILE_LOCAL_OWN,     /* kept by the CPU that invalidated: must not be */
	PROFILE_LATE,          /* used after a broadcast completed: must not be */
	PROFILE_RANGE_IN,      /* inside a range that was invalidated: must not be */
	PROFILE_BBM,           /* frame replaced without a break: the old one (profile=bbm) */
	PROFILE_ITEMS
};

#define PROFILE_SIZES 7    /* 16, 32 ... 1024 pages */
#define PROFILE_SEEN 6     /* 1, 4, 16 ... 256 loads; and more: it may last until a fence */
#define PROFILE_BACKENDS 6 /* in the order of their registration */

enum profile_skip { /* why an item has no trials */
		    SKIP_NOT,
		    SKIP_ONE_CPU,
		    SKIP_NO_SPAN,
		    SKIP_NO_LARGE,
		    SKIP_NO_ASID,
		    SKIP_NOT_REQUESTED,
};

struct profile_count {
	u32 hits, trials;
};

struct tlb_profile {
	struct profile_count item[PROFILE_ITEMS];
	struct profile_count cpu[CPUS_MAX];            /* PROFILE_LEAF by CPU */
	struct profile_count retained[PROFILE_SIZES];  /* entries kept of 16 << n pages, all CPUs */
	struct profile_count beside[PROFILE_BACKENDS]; /* a range was invalidated next to it */
	u32 seen[PROFILE_SEEN]; /* PROFILE_NEGATIVE: loads until one observed the valid entry, from
				   4^n on */
	u64 seen_ns;            /* ... and the longest time that this took */
	u8 skipped[PROFILE_ITEMS]; /* enum profile_skip */
	u64 ms;
	u32 life; /* the boot, since power-on, in which it was measured */
	bool measured, busy, no_memory;
};

/*
 * Measured at the first call, for this geometry, these features, CPUs and this back end;
 * preserved across restarts, so it has no pointers.
 */
const struct tlb_profile *tlb_profile(void);
const struct tlb_profile *tlb_profile_known(void); /* NULL while not measured */
void tlb_profile_again(void);  /* the next call measures, whatever was preserved */
void tlb_profile_reload(void); /* the next call looks up the profile for the present arguments */
/* profile_saved.c: false = no profile is preserved for this machine in its present state. */
bool profile_load(struct tlb_profile *);
void profile_save(const struct tlb_profile *);
/* The screen: at most 25 lines of 79 columns. */
void tlb_profile_print(void);
void tlb_profile_record(void); /* `#: profile` of a run, if one was measured */

/* Must this item have no hits on this machine?  By the manual of its architecture. */
bool profile_forbids(enum profile_item);

static inline bool profile_kept(enum profile_item i)
{
	return tlb_profile()->item[i].hits != 0;
}
