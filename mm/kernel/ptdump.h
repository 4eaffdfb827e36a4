/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/ptdump.h - what a tree maps: as runs, as counts, and an audit of rights (S1-05; Linux:
 * ptdump, and its check for pages that are writable and executable).
 *
 * Of the kernel's tree (`pt` is &kpt) each function takes the hotplug lock for read by itself, and
 * walks by hotplug_walk(): no table is freed while it is read, by hot-remove (S1-18) or by vmalloc
 * (S0-27).  Any number of CPUs may call beside each other and beside whatever changes the tree;
 * the caller does not hold the lock for write, is no interrupt handler, and holds no lock of class
 * walk or above.  Of another tree the caller excludes frees of its tables, as for pt_walk().
 *
 * An entry is read once.  Entries that others change meanwhile are seen before or after, each by
 * itself.  Ranges are those of pt_walk(); all functions return its errors.
 */
#pragma once
#include <mm/pt/pt.h>

/* Beside enum pt_prot: part of a contiguous run, in what shape the format has them. */
#define PTDUMP_CONTIG 0x80

/* Leaves of one level and equal attributes whose addresses, virtual and physical, follow each
 * other; or, alone, one entry that is neither leaf nor table. */
struct ptdump_run {
	vaddr_t va;
	u64 len;
	u64 n; /* leaves */
	paddr_t pa;
	pte_t raw; /* of the first */
	u32 attr;  /* enum pt_prot | PTDUMP_CONTIG */
	u8 level;
	bool other; /* INVALID or RESERVED: a sound tree has none */
};

static inline bool ptdump_wx(const struct ptdump_run *r)
{
	return (r->attr & PT_W) && (r->attr & PT_X);
}

/* Other than 0 ends the dump, and is what it returns.  Called without the lock: it may print, wait,
 * and take the lock itself. */
typedef int ptdump_fn(const struct ptdump_run *, void *arg);

/*
 * `fn` for each run of a range, in the order of addresses.  All leaves of a run were there in one
 * walk under the lock; a range with many runs takes several.  A leaf across an edge of the range
 * counts whole, so pages that become one leaf between two walks may come twice.
 */
int ptdump_runs(const struct pt *, vaddr_t, u64 len, ptdump_fn *fn, void *arg);
/* The same for those runs alone that are writable and executable in the mode that the entry is for:
 * of the kernel's entries, its own. */
int ptdump_audit(const struct pt *, vaddr_t, u64 len, ptdump_fn *fn, void *arg);
/* ptdump_audit() of everything that the kernel's tree maps, whether in a region or not. */
int ptdump_audit_kernel(ptdump_fn *fn, void *arg);

#define PTDUMP_KINDS 24

/* By level, 0 being pages; the table that an entry of level n + 1 points to counts in tables[n], so
 * the root does not count. */
struct ptdump_counts {
	u64 tables[PT_LEVELS_MAX], leaves[PT_LEVELS_MAX];
	u64 other; /* entries that are neither empty nor valid */
	u64 wx;    /* leaves that are writable and executable */
	struct ptdump_kind {
		u32 attr;
		u64 leaves[PT_LEVELS_MAX];
	} kind[PTDUMP_KINDS]; /* leaves by attributes, in the order in which they were met */
	unsigned kinds;
	u64 rest; /* leaves of further attributes */
};

/* Adds to `c`, which the caller has zeroed.  One walk. */
int ptdump_count(const struct pt *, vaddr_t, u64 len, struct ptdump_counts *c);
