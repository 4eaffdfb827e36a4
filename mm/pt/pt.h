/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt.h - one page-table engine, every format.  The contract is docs/ENGINE.md; citations of the
 * Arm ARM and the RISC-V privileged specification are in docs/PAGETABLES.md.
 *
 * Ranges are [va, va + len), page aligned and non-empty: a bad range is -EINVAL, never rounded.
 * A range may end at the very top of the address space (va + len == 0); loops count what is left
 * (S0-19).  Operations on disjoint leaf ranges of one tree may run at once on several CPUs; the
 * only contended step is installing a table, done by compare-and-exchange (S0-05).
 *
 * Life of an operation:     pt_plan (may fail, changes nothing: reserves table pages)
 *                           -> pt_map | pt_unmap | pt_protect | pt_split | pt_collapse (void)
 *                           -> pt_plan_end (gives the rest back)
 * Life of what is removed:  pt_gather_begin -> pt_gather_span (frames, BEFORE unmapping)
 *                           -> pt_unmap, pt_free_empty -> pt_gather_flush (under the caller's
 *                           lock: invalidate and wait) -> pt_gather_release (no lock: free)
 */
#pragma once
#include <lib/err.h>
#include <mm/fold.h>

struct pt;
struct pt_cell; /* defined in mm/pt/pt_cell.h, which only the engine and format self-tests include */

/* Bookkeeping of one table page, kept beside it (in struct page, never in the table's words). */
struct pt_link {
	struct pt_link *next;
	u32 level;
	u32 gen; /* raised each time the page becomes a table: catches a walk into a freed one */
};

enum pt_provenance { /* where a page came from decides how it is freed */
		     PAGE_NONE,
		     PAGE_BOOT, /* handed out before the buddy; never freed, never hot-removed */
		     PAGE_BUDDY,
		     PAGE_ALTMAP, /* memmap inside hot-added memory: freed to the altmap */
		     PAGE_TABLE,  /* a page table */
		     PAGE_FRAGMENT,
		     PAGE_DEVICE,
};

struct pt_span { /* frames to free once nobody can reach them */
	paddr_t pa;
	u32 nr; /* pages */
	u8 provenance;
};

/* One request for maintenance.  Barriers belong to it: SYNC, TLBI, WAIT, CTX (ENGINE 5). */
struct pt_inval {
	vaddr_t lo, hi; /* hi exclusive; hi == 0 is the top of the address space */
	u8 levels;      /* bitmap of leaf levels that were removed: strides */
	bool walk;      /* a table was unhooked: walk caches too */
	u32 asid;
	bool global;
};

/* Everything impure.  Kernel: mm/kpt.c.  Host tests substitute their own. */
struct pt_env {
	struct pt_cell *(*cells)(paddr_t table); /* where its cells can be reached */
	struct pt_link *(*link)(paddr_t table);
	paddr_t (*pa)(struct pt_link *);              /* the inverse of link */
	paddr_t (*alloc)(struct pt *, unsigned node); /* one zeroed table page, or PA_NONE */
	void (*free)(struct pt *, paddr_t);
	void (*free_list)(struct pt *,
			  struct pt_link *); /* a whole list at once; NULL: one by one */
	void (*free_span)(struct pt *, const struct pt_span *);
	void (*publish)(
		void); /* between contents and the cell, table pointer or leaf, that shows them */
	void (*visible)(void);                               /* after empty -> leaf, before use */
	void (*inval)(struct pt *, const struct pt_inval *); /* returns when complete everywhere */
	bool (*may_break)(struct pt *, vaddr_t,
			  u64 len); /* ENGINE 4: image, stacks, tables: never */
};

enum pt_state {
	PT_FRESH, /* never loaded: owes nothing */
	PT_LIVE,
	PT_RETIRED, /* its ASID, or everything for global entries, was invalidated */
};

struct pt {
	const char *name;
	const struct pt_fmt *fmt;
	const struct pt_env *env;
	paddr_t root;
	enum pt_state state;
	u32 asid;
	bool global;        /* leaves carry PT_GLOBAL: a walk invalidation must reach them */
	u32 caps;           /* enum pt_caps, frozen */
	u16 own_lo, own_hi; /* root slots this tree may change: [own_lo, own_hi) */
	bool root_constant; /* after boot root slots never change; tables there stay */
	bool root_append;   /* after boot root slots are only ever filled */
	bool eager;         /* LAZY duties without a gather are broadcast now, not left to faults */
	u8 shift[PT_LEVELS_MAX]; /* log2 of what one cell spans, by level */
	cpumask_t walked;        /* CPUs that ever loaded this root */
	u32 nr_tables;           /* atomic; the root is not counted */
	u32 nr_reserved;         /* atomic: pages held by open plans */
	u32 nr_gathers;          /* atomic: open gathers (audit: 0) */
	u32 nr_odd; /* atomic: INVALID or RESERVED cells a removal met and kept (S0-25, 31) */
	/* Policy: may pt_free_empty unhook this table?  NULL = pt_within (S0-03..09). */
	bool (*may_free)(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling);
};

/* What the engine reads a tree's format by: where it is folded in, the compiler sees its values. */
static inline const struct pt_fmt *pt_fmt(const struct pt *pt)
{
	return fold_fmt(pt->fmt);
}

/* Log2 of what a cell of this level spans. */
static inline unsigned pt_shift_at(const struct pt *pt, unsigned level)
{
	return FOLDED && __builtin_constant_p(level) ? pt_shift(pt_fmt(pt), level)
						     : pt->shift[level];
}

/* Does [va, va + span) lie wholly inside [floor, ceiling)?  ceiling 0 is the top. */
static inline bool pt_within(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling)
{
	return va >= floor && va + span - 1 <= ceiling - 1;
}

/* root = a zeroed, aligned root.  The tree starts FRESH and owns every slot. */
void pt_init(struct pt *, const char *name, const struct pt_fmt *, const struct pt_env *,
	     paddr_t root);

/* Put a table behind every root slot of a range: before root_constant is set.  -ENOMEM. */
int pt_fill_root(struct pt *, vaddr_t, u64 len, unsigned node, struct why *);

/* ---- plan, then act -------------------------------------------------------------------------- */
enum pt_op { PT_OP_MAP, PT_OP_UNMAP, PT_OP_PROTECT, PT_OP_SPLIT, PT_OP_COLLAPSE };

struct pt_plan {
	struct pt *pt; /* NULL once ended: using a stale plan is an assertion */
	enum pt_op op;
	vaddr_t va;
	u64 len;
	u8 max_level;
	bool contig; /* PT_OP_MAP: use contiguous runs where legal ... */
	u64 run_max; /* ... and of at most so many bytes; 0: of any size */
	u32 nr;      /* pages still in reserve */
	struct pt_link *reserve;
};

/*
 * Reserve the worst case of table pages on `node` (never in removable memory).
 *
 * MAP: max_level bounds the leaf level (0 = pages).  The range must be EMPTY: -EEXIST names the VA.
 * The reserve suits leaves as large as the VA allows, so the PA must be congruent to the VA modulo
 * the largest of them: with frames that may not be, plan with max_level 0.  plan.contig may be set,
 * and max_level raised, afterwards: both need no more tables.
 *
 * UNMAP, PROTECT: -EBUSY when an edge would split a leaf or a contiguous run (B-04).  -EINVAL names
 * a RESERVED cell above level 0 or at an edge; one inside a page table is kept and counted.
 *
 * PROTECT that changes a memory type breaks: where may_break forbids that, it is an assertion.
 *
 * SPLIT: replaces leaves above max_level by tables of leaves, and dissolves contiguous runs that
 * cross an edge of the range; -EBUSY if may_break forbids it.
 *
 * COLLAPSE: the inverse, one leaf of max_level; -EINVAL when the pages do not line up.
 *
 * All: -EPERM, the range needs a root slot that this tree does not own or that is constant;
 * -ENOMEM, nothing was kept, nothing changed.
 */
int pt_plan(struct pt *, struct pt_plan *, enum pt_op, vaddr_t, u64 len, unsigned max_level,
	    unsigned node, struct why *);
/* How many tables of each level a MAP would plan: nothing is reserved.  Refuses what that does. */
int pt_count_tables(struct pt *, vaddr_t, u64 len, unsigned max_level, u32 by_level[PT_LEVELS_MAX],
		    struct why *);
/* A plan that needs no table and was checked under the same lock, or whose edges split nothing: a
 * refusal is an assertion. */
void pt_plan_sure(struct pt *, struct pt_plan *, enum pt_op, vaddr_t, u64 len);
/* Gives back what was not used.  A plan that failed or has ended may be ended again. */
void pt_plan_end(struct pt_plan *);

struct pt_gather {
	struct pt *pt; /* NULL when closed */
	struct pt_inval inval;
	bool owed, flushed;
	struct pt_link *tables; /* unhooked, not yet freed */
	struct pt_span *spans;
	u32 nr_spans, max_spans;
	u32 nr_leaves, nr_tables, nr_invals; /* for reports */
};

/* map, protect, split with a plan cannot fail.  `g` may be NULL where no duty can be owed (map). */
void pt_map(struct pt_plan *, paddr_t, enum pt_prot);
/* A part of the plan's range, each part once: frames that are not physically contiguous. */
void pt_map_part(struct pt_plan *, vaddr_t, u64 len, paddr_t, enum pt_prot);
/* The same, but every page of the part is one frame: plan with max_level 0. */
void pt_map_same(struct pt_plan *, vaddr_t, u64 len, paddr_t frame, enum pt_prot);
void pt_unmap(struct pt_plan *, struct pt_gather *);
void pt_protect(struct pt_plan *, enum pt_prot, struct pt_gather *);
void pt_split(struct pt_plan *, struct pt_gather *);
void pt_collapse(struct pt_plan *, struct pt_gather *);

/*
 * Second pass of a removal: unhook tables of [va, va + len) whose every cell is EMPTY, bottom up,
 * and only those that lie wholly inside [floor, ceiling) (ceiling 0 = top).  The root is never
 * freed; where root_constant holds neither are the tables its slots point to.
 */
void pt_free_empty(struct pt *, vaddr_t, u64 len, vaddr_t floor, vaddr_t ceiling,
		   struct pt_gather *);

/* ---- one page leaf that goes and comes back (migration), mm/pt/pt_spot.c ---- */
struct pt_spot {
	struct pt_cell *cell;
	vaddr_t va;
	pte_t old;
};
/* -ENOENT unless va is mapped by a single page leaf.  The caller owns the leaf until
 * pt_spots_make.
 * `near` (may be NULL) is a spot found before, whose table is tried first. */
int pt_spot_find(struct pt *, vaddr_t, const struct pt_spot *near, struct pt_spot *);
void pt_spot_break(struct pt *, const struct pt_spot *, struct pt_gather *); /* to EMPTY */
/* n spots with the rights they had, each of another page, whose contents this CPU has stored: one
 * barrier before all of them (PT_DUTY_CONTENTS), one after (PT_DUTY_VISIBLE). */
void pt_spots_make(struct pt *, const struct pt_spot *, const paddr_t *, unsigned n);

/* ---- gather: unhook -> invalidate -> wait -> free, never reordered --------------------------- */
void pt_gather_begin(struct pt_gather *, struct pt *, struct pt_span *store, u32 max_spans);
/* Frames to free at release; merges with the last span.  -ENOMEM when the store is full. */
int pt_gather_span(struct pt_gather *, paddr_t, u32 nr, enum pt_provenance);
void pt_gather_flush(struct pt_gather *);
void pt_gather_release(struct pt_gather *); /* asserts flushed; closes the gather */

/* ---- reading --------------------------------------------------------------------------------- */
struct pt_slot {
	vaddr_t va; /* of the slot's first byte */
	pte_t val;  /* one single-copy-atomic load (S0-22) */
	u8 level;
	enum pt_kind kind;
	u32 n; /* cells of a run, 1 unless PT_BY_RUNS */
};

/* Software walk: the slot that ends the walk for va (leaf, empty, invalid or reserved). */
enum pt_kind pt_lookup(const struct pt *, vaddr_t, struct pt_slot *);
/*
 * The same without the lock, where tables may be freed meanwhile.  A freed one may hold anything,
 * also what looks like the address of a table where no memory is, so `load` says false where it
 * cannot read.  The answer is a hint: who acts on it must be right if it is wrong.
 */
typedef bool pt_careful_fn(const struct pt_cell *, pte_t *value);
bool pt_lookup_racing(const struct pt *, vaddr_t, struct pt_slot *, pt_careful_fn *load);
/* The physical address va translates to, or PA_NONE. */
paddr_t pt_translate(const struct pt *, vaddr_t);

/* OTHER: invalid, reserved.  RUNS: leaves of one table whose attributes are equal and whose
 * addresses are in step come as one slot with n > 1. */
enum pt_when { PT_ON_LEAF = 1, PT_ON_TABLE = 2, PT_ON_OTHER = 4, PT_BY_RUNS = 8 };
/* 0 continue, > 0 stop, < 0 error; returned by pt_walk.  The visitor changes nothing. */
typedef int pt_visit_fn(const struct pt_slot *, void *arg);
int pt_walk(const struct pt *pt, vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg);

/* The only load of a root into a CPU goes through here (tap event ROOT_LOAD). */
void pt_root_load(struct pt *, unsigned cpu, void (*load)(const struct pt *));
