/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/errata.h - the effects of erratum= on an arm64 CPU.
 */
#pragma once
#include "cpu.h"
#include <machine/errata.h>

enum {
	LATE_STORES = 1,    /* TLBI; DSB does not wait for stores through the old entry */
	LATE_READS = 2,     /* ... nor for reads */
	EARLY_DSB = 4,      /* ... nor for other CPUs to remove the entry */
	SPOILED_TEXT = 8,   /* a broadcast TLBI spoils cached instructions of other ASIDs */
	WRONG_ASID = 16,    /* a root that changes with its ASID: entries may have the other ASID */
	STALE_TEXT = 32,    /* DIC: a CPU may execute an instruction that another CPU changed */
	WRONG_DIRTY = 64,   /* the dirty state is set by an old value of DBM and AP */
	SME_STORES = 16384, /* a DSB does not wait for stores in Streaming mode, or of ZA */
	/* wrong=: */
	ONE_PIECE = 128,        /* TLBI by VA removes a quarter of a page */
	RUN_BY_FIRST = 256,     /* TLBI of the last level removes a run by its first page alone */
	OWN_ONLY = 512,         /* TLBI by VA or ASID has no effect on other CPUs */
	ASID_SPARES = 1024,     /* TLBI by ASID does not remove blocks */
	EXCLUSIVE_STALE = 4096, /* no TLBI removes what a load-exclusive has translated by */
	RANGE_SHORT = 2048,     /* TLBI by range does not reach its last page */
	STREAM_STALE = 8192,    /* no TLBI removes what an LDNP or STNP has translated by */
};

static inline bool errata_has(u32 effects)
{
	return __builtin_expect((errata_effects & effects) != 0, 0);
}

/* LATE_READS: a broadcast TLBI has removed a leaf on a CPU; reads that began before it may still
 * use it. */
void errata_removed(unsigned cpu, unsigned by, u32 batch, const struct tlb_entry *leaf);
/* A repeated TLBI of `by` and its DSB have completed: no read of an earlier batch is left. */
void errata_completed(unsigned by, u32 batch);
/* True: the access is such a read, and *w is the leaf. */
bool errata_late_read(struct a64_cpu *c, u64 va, enum a64_access access, u64 asid,
		      struct tlb_entry *w);

/* SPOILED_TEXT: a frame was fetched through a leaf of the current ASID, or through a global one;
 * and a broadcast TLBI has taken effect on a CPU. */
void errata_fetched(const struct a64_cpu *c, u64 frame, bool global);
void errata_spoil(struct a64_cpu *c);

/* WRONG_ASID: the last address that each CPU translated, by TTBR0_EL1 and by TTBR1_EL1. */
extern u64 errata_va[WORST_CPUS][2];
static inline void errata_used(unsigned cpu, u64 va)
{
	if (errata_has(WRONG_ASID))
		errata_va[cpu][va >> 55 & 1] = va;
}
/* ... TTBR0_EL1 or TTBR1_EL1 (`half`) was written; `old`: its value before. */
void errata_root_written(struct a64_cpu *c, unsigned half, u64 old);

/* WRONG_DIRTY: the word that has DBM and AP, of one that a TLB has kept and the newest one. */
static inline u64 errata_dbm_of(u64 kept, u64 newest)
{
	return errata_has(WRONG_DIRTY) ? kept : newest;
}

/* EXCLUSIVE_STALE, STREAM_STALE: the translation `s` of an access, which this keeps; NULL: the
 * access faults, unless one was kept before. */
struct soft_page *errata_kept(const struct a64_cpu *c, u64 va, struct soft_page *s);
