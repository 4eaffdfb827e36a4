/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/study/aspace.h - address spaces: trees of the half below the kernel's, each with a root and an
 * ASID.
 *
 * Where one root serves both halves (RISC-V) a space's root holds copies of the kernel's root
 * slots.  They are constant after boot (ENGINE 1.5, X-05), so no space is ever synchronised
 * (S1-33, S1-34).  Elsewhere (Arm) the kernel's half has a root register of its own.
 *
 * AN ASID tags the entries of a space in the TLBs, so that a switch drops none.  There are fewer
 * ASIDs than spaces.  When none is free a new GENERATION begins (rollover): every entry of every
 * CPU is invalidated, and spaces get new ASIDs when a CPU uses them next.  A space that a CPU uses
 * at that moment keeps its ASID, because that CPU may walk and cache all the time.
 *
 *   aspace_create() -> aspace_map() ... aspace_use() on CPUs ... aspace_unmap() -> aspace_destroy()
 *     LIVE                                                         RETIRED: the ASID invalidated on
 *                                                                  every CPU that walked; freed
 *
 * ASID 0 is the kernel's own.  A machine whose CPUs have no more ASIDs than there are CPUs gives
 * every space ASID 0, and each load of a root drops what the CPU cached before.
 *
 * One spinlock (LOCK_TREE) is held by aspace_use(), by rollovers, and while an invalidation reads
 * ASID and CPUs of a space.  So a CPU that loads a root after that read observes the tables of that
 * time (the lock orders the stores before the load), and a CPU that loaded it before is among those
 * that are invalidated.
 */
#pragma once
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

struct aspace {
	struct pt pt;    /* pt.asid is this space's while `generation` is the current one */
	u64 generation;  /* 0: it never had an ASID */
	cpumask_t users; /* CPUs that have its root loaded now */
	u64 changes;     /* incremented after stores that other CPUs' walks must observe */
	u64 seen[64];    /* by CPU: the value of `changes` when that CPU last ordered its walks */
};

/* Rules of an allocator of ASIDs; all but the first omit a step on purpose. */
struct asid_rules {
	struct scheme s;
	bool flushes; /* a rollover invalidates everything before an ASID is used again */
	bool keeps;   /* a space that a CPU uses keeps its ASID through a rollover */
	bool retires; /* the ASID of a destroyed space is invalidated before its tables are freed */
};
extern const struct asid_rules asid_rules[];
extern const unsigned asid_rules_nr;

/*
 * Tests: other rules, and at most `max` ASIDs (ASIDS_ALL: as many as the machine has; 0: none; else
 * more than the machine has CPUs, because each CPU keeps its own at a rollover). Only while no
 * space exists (asserted).  Begins a new generation with everything invalidated.
 */
#define ASIDS_ALL (~0u)
void asid_select(const struct asid_rules *, unsigned max);
unsigned asid_count(void);     /* ASIDs for spaces; 0: none, every space has ASID 0 */
u64 asid_rollovers(void);      /* since boot */
unsigned aspaces_in_use(void); /* created and not destroyed */

/* The end of the half below the kernel's: spaces map [0, aspace_end()). */
vaddr_t aspace_end(void);

/*
 * An empty space, its tables from `node`.  The caller keeps the struct until aspace_destroy().
 * -ENOMEM.  Any CPU, no lock held.
 */
int aspace_create(struct aspace *, const char *name, unsigned node, struct why *);
/*
 * Tests: the same by a kernel that fills its root on demand.  Where one root serves both halves,
 * only root slots under which something is mapped now are copied (S1-34).  The fault path then
 * calls aspace_fault() (kern_hooks.fault_window): true if this CPU's space got the kernel's root
 * slot of that address, so this CPU retries.
 */
int aspace_create_bare(struct aspace *, const char *name, unsigned node, struct why *);
bool aspace_fault(vaddr_t);
/* Map pages; not executable, for the kernel's own accesses.  CPUs that use the space observe them
 * on return.  Errors of pt_plan(); the caller has filled the frames. */
int aspace_map(struct aspace *, vaddr_t, u64 len, paddr_t, enum pt_prot, struct why *);
/* On return invalidated on every CPU that may have cached it; tables stay.  -EBUSY where
 * the range would split a leaf. */
int aspace_unmap(struct aspace *, vaddr_t, u64 len, struct why *);
/* This CPU translates the lower half through that space; NULL: through none, as after boot.  A CPU
 * switches back to NULL before it does anything other than read and write through the space. */
void aspace_use(struct aspace *);
struct aspace *aspace_used(void); /* by this CPU */
/* -EBUSY, and nothing has changed: a CPU uses it.  The frames that it mapped belong to the caller.
 */
int aspace_destroy(struct aspace *, struct why *);
