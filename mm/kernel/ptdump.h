/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/ptdump.h - dump the mappings of a tree: as runs, as counts, and an audit of rights
 * (S1-05; Linux: ptdump, and its check for pages that are writable and executable).
 *
 * For the kernel's tree (`pt` is &kpt) each function takes the hotplug lock for read, and walks by
 * hotplug_walk(): neither hot-remove (S1-18) nor vmalloc (S0-27) frees a table while it is read.
 * Any number of CPUs may call at the same time, also while the tree changes; the caller does not
 * hold the lock for write, is no interrupt handler, and holds no lock of class walk or above.  For
 * another tree the caller excludes frees of its tables, as for pt_walk().
 *
 * An entry is read once.  Each entry that another CPU changes meanwhile is read before or after its
 * change.  Ranges are those of pt_walk(); all functions return its errors.
 */
#pragma once
#include <mm/pt/pt.h>

/* In addition to enum pt_prot: part of a contiguous run of the format. */
#define PTDUMP_CONTIG 0x80

/* Leaves of one level with equal attributes and consecutive virtual and physical addresses; or one
 * entry that is neither leaf nor table. */
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

/* A result other than 0 ends the dump, which returns it.  Called without the lock: it may print,
 * wait, and take the lock itself. */
typedef int ptdump_fn(const struct ptdump_run *, void *arg);

/*
 * Call `fn` for each run of a range, in address order.  All leaves of a run were read in one walk
 * under the lock; a range with many runs takes several.  A leaf that crosses an edge of the range
 * is reported whole, so pages that become one leaf between two walks may be reported twice.
 */
int ptdump_runs(const struct pt *, vaddr_t, u64 len, ptdump_fn *fn, void *arg);
/* The same for runs that are writable and executable in the mode to which the entry applies: for
 * the kernel's entries, its own. */
int ptdump_audit(const struct pt *, vaddr_t, u64 len, ptdump_fn *fn, void *arg);
/* ptdump_audit() of everything that the kernel's tree maps, whether in a region or not. */
int ptdump_audit_kernel(ptdump_fn *fn, void *arg);

#define PTDUMP_KINDS 24

/* By level, 0 being pages; tables[n] counts the tables to which entries of level n + 1 point, so
 * the root is not counted. */
struct ptdump_counts {
	u64 tables[PT_LEVELS_MAX], leaves[PT_LEVELS_MAX];
	u64 other; /* entries that are neither empty nor valid */
	u64 wx;    /* leaves that are writable and executable */
	struct ptdump_kind {
		u32 attr;
		u64 leaves[PT_LEVELS_MAX];
	} kind[PTDUMP_KINDS]; /* leaves by attributes, in the order of the walk */
	unsigned kinds;
	u64 rest; /* leaves of further attributes */
};

/* Adds to `c`, which the caller has zeroed.  One walk. */
int ptdump_count(const struct pt *, vaddr_t, u64 len, struct ptdump_counts *c);
