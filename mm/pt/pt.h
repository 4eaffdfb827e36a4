/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt.h - one page-table engine, every format.  The contract is docs/ENGINE.md; citations of
 * the Arm ARM and the RISC-V privileged specification are in docs/PAGETABLES.md.
 *
 * Ranges are [va, va + len), page aligned and non-empty: a bad range is -EINVAL, never rounded.
 * A range may end at the very top of the address space (va + len == 0); loops count the bytes that
 * remain (S0-19).  Operations on disjoint leaf ranges of one tree may run at once on several CPUs;
 * the only contended step is installing a table, done by compare-and-exchange (S0-05).
 *
 * A VIRTUAL ADDRESS, here of four levels and pages of 4 KiB.  Level 0 holds pages, the root is
 * level `levels - 1`; every format of mm/pt/fmt/ has this shape with other widths:
 *
 *    63        48 47     39 38     30 29     21 20     12 11          0
 *   +------------+---------+---------+---------+---------+-------------+
 *   | sign       | level 3 | level 2 | level 1 | level 0 | offset      |
 *   +------------+----+----+----+----+----+----+----+----+-------------+
 *                     |         |         |         |
 *     root ---------> cell --+> cell --+> cell --+> cell ----------------> page of 4 KiB
 *                               |         |
 *                               |         +------------------------------> leaf of 2 MiB
 *                               +----------------------------------------> leaf of 1 GiB
 *
 * A CELL is 64 bits.  Only a format knows where its fields are; the engine calls it for the kind
 * (enum pt_kind):
 *
 *   EMPTY     0, and nothing else: a table of these alone can be freed
 *   INVALID   not valid, but not 0: kept, and so is its table      RESERVED  as INVALID
 *   TABLE     address of the table below | what the format needs
 *   LEAF      address of the frame | rights (enum pt_prot) | part of a run of equal cells
 *
 * A TABLE PAGE has four stages, and is in one of them at a time:
 *
 *   pt_plan(): zeroed    pt_map(), by compare-and-exchange         pt_free_empty()
 *   RESERVED ----------> INSTALLED, found by walks --------------> UNHOOKED, in the gather
 *       |                 (a CPU that loses the race keeps its         | pt_gather_flush():
 *       | pt_plan_end()    page in the plan)                           | invalidate, wait
 *       v                                                              v
 *     freed <------------------------------------------------------ pt_gather_release()
 *
 * Life of an operation:     pt_plan (may fail, changes nothing: reserves table pages)
 *                           -> pt_map | pt_unmap | pt_protect | pt_split | pt_collapse (void)
 *                           -> pt_plan_end (frees the rest)
 * Life of what is removed:  pt_gather_begin -> pt_gather_span (frames, BEFORE unmapping)
 *                           -> pt_unmap, pt_free_empty -> pt_gather_flush (under the caller's
 *                           lock: invalidate and wait) -> pt_gather_release (no lock: free)
 */
#pragma once
#include <lib/err.h>
#include <mm/pt/pt_fmt.h>

struct pt;
struct pt_cell; /* defined in mm/pt/pt_cell.h, which only the engine and format self-tests include
		 */

/* One table page of a list, kept beside it (in struct page, never in the table's words). */
struct pt_link {
	struct pt_link *next;
};

enum pt_provenance { /* the origin of a page decides how it is freed */
		     PAGE_NONE,
		     PAGE_BOOT, /* handed out before the buddy; never freed, never hot-removed */
		     PAGE_BUDDY,
		     PAGE_ALTMAP, /* memmap inside hot-added memory: removed with it */
		     PAGE_TABLE,  /* a page table */
		     PAGE_FRAGMENT,
		     PAGE_DEVICE,
		     /* of the buddy, but its owner changed the mapping of the page
			(mm/study/set_direct.h) or of its struct page (mm/memmap/memmap_optimise.h):
			not freed before that is undone */
		     PAGE_REMAPPED,
};

struct pt_span { /* frames to free once no TLB holds a translation to them */
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

/*
 * Everything with side effects: memory, barriers, invalidation.  Kernel: mm/kernel/kpt.c; host
 * tests have their own. Called in the context of the operation, under the locks that its caller
 * holds.
 */
struct pt_direct {
	paddr_t lo;
	u64 len;
	u64 inside, outside; /* what is added to the address of a table in [lo, lo + len), or not */
};

struct pt_env {
	struct pt_cell *(*cells)(paddr_t table); /* where its cells can be reached */
	struct pt_link *(*link)(paddr_t table);
	paddr_t (*pa)(struct pt_link *); /* the inverse of link */
	/* one table page, or PA_NONE: zeroed, or of any contents if `zero` is there */
	paddr_t (*alloc)(struct pt *, unsigned node);
	void (*zero)(struct pt_cell *); /* NULL, or zero a table page before it is used */
	/* at most nr, pushed onto the list; returns how many.  NULL: one by one */
	u32 (*alloc_list)(struct pt *, unsigned node, u32 nr, struct pt_link **);
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
	/* The same as `cells` as data, for walks without a call; or NULL. */
	const struct pt_direct *direct;
};

enum pt_state {
	PT_FRESH, /* never loaded: a store requires no maintenance */
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
	bool unfenced;      /* VISIBLE is left to faults, too: newmap= */
	bool bounded;       /* such a fault ends without an invalidation: newmap= */
	u8 shift[PT_LEVELS_MAX]; /* log2 of what one cell spans, by level */
	cpumask_t walked;        /* CPUs that ever loaded this root */
	u32 nr_tables;           /* atomic; the root is not counted */
	u32 nr_reserved;         /* atomic: pages held by open plans */
	u32 nr_gathers;          /* atomic: open gathers (audit: 0) */
	u32 nr_unexpected;       /* atomic: INVALID or RESERVED cells that a removal found and kept
				    (S0-25, 31) */
	/* Policy: may pt_free_empty unhook this table?  NULL = pt_within (S0-03..09). */
	bool (*may_free)(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling);
};

/* True if [va, va + span) is wholly inside [floor, ceiling).  ceiling 0 is the top. */
static inline bool pt_within(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling)
{
	return va >= floor && va + span - 1 <= ceiling - 1;
}

/*
 * root: a zeroed table of pt_root_bytes(), aligned to pt_root_align(); the caller keeps it.  The
 * tree starts FRESH and owns every slot.  All other fields are cleared: the caller sets caps, asid,
 * global, own_lo/own_hi and the policy afterwards, before the first operation.
 */
void pt_init(struct pt *, const char *name, const struct pt_fmt *, const struct pt_env *,
	     paddr_t root);

/*
 * Fill every root slot of a range with a table, before root_constant is set (asserted).  -EINVAL,
 * -EPERM as pt_plan(); -ENOMEM: tables that were installed before the failure stay.
 */
int pt_fill_root(struct pt *, vaddr_t, u64 len, unsigned node, struct why *);

/*
 * Copy root slots [lo, hi) of `from` into `to`, which does not own them: where one root serves both
 * halves, the other half's (ENGINE 1.5).  Slots of `from` that are filled later are missing in
 * `to`, so the slots of `from` must be constant (S1-33, S1-34).  If `to` is LIVE, each CPU that
 * cached the empty slot invalidates it itself, above level 0 (PAGETABLES.md, R3).
 */
void pt_share_root(struct pt *to, const struct pt *from, unsigned lo, unsigned hi);

/* ---- plan, then act -------------------------------------------------------------------------- */
enum pt_op {
	PT_OP_MAP,
	PT_OP_UNMAP,
	PT_OP_PROTECT,
	PT_OP_SPLIT,
	PT_OP_COLLAPSE,
	PT_OP_APPLY,    /* pt_apply(): every page of the range gets a table */
	PT_OP_EXISTING, /* the same for mapped pages only; takes no table */
};

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
	/*
	 * The page table in which planning found the cell of `seen_va`, so that the operation need
	 * not walk to it again; NULL: none.  It is not freed before the operation: a MAP relies on
	 * every table that its plan saw, because it has no reserve for them, and the table of an
	 * UNMAP holds a leaf of the caller's.
	 */
	struct pt_cell *seen;
	vaddr_t seen_va;
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
 * cross an edge of the range; -EBUSY if that requires a break and may_break forbids it.
 *
 * COLLAPSE: the inverse, one leaf of max_level or, where len is that of a contiguous run, single
 * leaves of max_level into one run; -EINVAL when they do not line up.
 *
 * APPLY, EXISTING: -EBUSY names a leaf larger than a page or a contiguous run in the range, -EINVAL
 * an entry that is neither empty nor a leaf.
 *
 * All: -EPERM, the range needs a root slot that this tree does not own or that is constant;
 * -ENOMEM, nothing was kept, nothing changed.
 */
int pt_plan(struct pt *, struct pt_plan *, enum pt_op, vaddr_t, u64 len, unsigned max_level,
	    unsigned node, struct why *);
/*
 * Count the tables of each level that a MAP would plan, for cost estimates; reserves nothing.
 * Errors as a plan for MAP, except that ownership of the root slots is not checked.
 */
int pt_count_tables(struct pt *, vaddr_t, u64 len, unsigned max_level, u32 by_level[PT_LEVELS_MAX],
		    struct why *);
/*
 * A plan that cannot be refused: it needs no table, and it was checked before under the same lock
 * or its edges are known to split nothing.  A refusal, or a need for tables, is an assertion.
 * COLLAPSE: the length selects the leaf or the run.
 */
void pt_plan_sure(struct pt *, struct pt_plan *, enum pt_op, vaddr_t, u64 len);
/* Free the unused part of the reserve.  A plan that failed or has ended may be ended again. */
void pt_plan_end(struct pt_plan *);

struct pt_gather {
	struct pt *pt; /* NULL when closed */
	struct pt_inval inval;
	/* `inval` is still to be issued; nothing was added since the last flush */
	bool owed, flushed;
	struct pt_link *tables; /* unhooked, not yet freed */
	struct pt_span *spans;
	u32 nr_spans, max_spans;
	u32 nr_leaves, nr_tables, nr_invals; /* for reports */
	u32 nr_early;                        /* pages freed by pt_gather_free_early() */
};

/*
 * With a plan none of these can fail.  The caller has filled the frames that it maps: they order
 * its stores before the new leaves (PT_DUTY_PUBLISH_DATA).
 */
void pt_map(struct pt_plan *, paddr_t, enum pt_prot);
/* A part of the plan's range, each part once: frames that are not physically contiguous. */
void pt_map_part(struct pt_plan *, vaddr_t, u64 len, paddr_t, enum pt_prot);
/* The same, but every page of the part is one frame: plan with max_level 0. */
void pt_map_same(struct pt_plan *, vaddr_t, u64 len, paddr_t frame, enum pt_prot);
/*
 * Another CPU has mapped leaves of the range, and this CPU has observed that by an acquire: execute
 * the barrier that is required before this CPU uses them, so that none of these uses faults and is
 * retried (ENGINE 4.4).
 */
void pt_visible_here(struct pt *, vaddr_t, u64 len);
/*
 * The invalidation that a live tree requires is added to the gather, which the caller flushes
 * before it uses the result or frees a frame.  A tree that is not LIVE requires none, and `g` may
 * be NULL; only pt_collapse() always needs it, for the tables that it unhooks.  Without a gather
 * LAZY duties are broadcast (pt.eager) or left to the fault path.
 */
void pt_unmap(struct pt_plan *, struct pt_gather *); /* clears leaves; tables stay */
void pt_protect(struct pt_plan *, enum pt_prot, struct pt_gather *);
void pt_split(struct pt_plan *, struct pt_gather *);
/*
 * With a plan for PROTECT: single page leaves of a part of its range map other frames from now on,
 * consecutive ones from `pa` on, or (`same`) all that one.  The caller has copied the contents of
 * the old frames to them.  A break that is required and that may_break forbids is an assertion.
 */
void pt_retarget(struct pt_plan *, vaddr_t, u64 len, paddr_t, enum pt_prot, bool same,
		 struct pt_gather *);
void pt_collapse(struct pt_plan *, struct pt_gather *);

/* ---- a caller's function for each page entry, mm/pt/pt_apply.c ---- */
struct pt_page_entry {
	vaddr_t va;
	bool mapped;
	paddr_t pa; /* of the frame, if mapped */
	enum pt_prot prot;
};
/*
 * Called for one entry after the other, from the lowest address: with PT_OP_APPLY for every page of
 * the range, with PT_OP_EXISTING for those that are mapped.  It may map an empty entry, unmap a
 * mapped one or change its rights; the engine stores what differs.  < 0 ends the operation.
 */
typedef int pt_apply_fn(struct pt_page_entry *, void *arg);
/*
 * The caller owns the entries of the plan's range (ENGINE 1.1) and flushes the gather before it
 * frees a frame that it unmapped.  0, or the first error: of the function, or -EINVAL where it gave
 * a mapped entry another frame: such an entry must be unmapped and invalidated first.  Entries
 * before the one that failed stay changed.
 */
int pt_apply(struct pt_plan *, pt_apply_fn *fn, void *arg, struct pt_gather *, struct why *);

/*
 * Second pass of a removal: unhook tables of [va, va + len) whose every cell is EMPTY, bottom up,
 * and only those that are wholly inside [floor, ceiling) (ceiling 0 = top).  The root is never
 * freed; where root_constant or root_append holds neither are the tables its slots point to.
 * Tables are added to the gather and freed by pt_gather_release().  The caller excludes every other
 * operation that could install an entry in such a table meanwhile (ENGINE 1.3).
 */
void pt_free_empty(struct pt *, vaddr_t, u64 len, vaddr_t floor, vaddr_t ceiling,
		   struct pt_gather *);

/*
 * Part of a removal: unhook the page tables whose whole span is in the plan's range and inside
 * [floor, ceiling), as they are.  Their leaves are removed without a store or a load of them: no
 * walk that begins after the flush reaches the table, and none that began earlier is still in it,
 * because an invalidation of a table entry completes after every access that used the entry or an
 * entry below it (Arm ARM D8.17; RISC-V privileged SFENCE.VMA, with rs1 = x0).  Until then the
 * table keeps its contents, also an access flag that hardware stores, because the gather holds it.
 * So nothing is reported of a cell that is neither EMPTY nor a leaf; pt_unmap() counts those.
 */
void pt_free_full(struct pt_plan *, vaddr_t floor, vaddr_t ceiling, struct pt_gather *);

/*
 * pt_free_empty() for the table that one slot of `level` at va points to, which the caller alone
 * uses: no address of another user was ever translated through it.  False: there is none, it is not
 * EMPTY, or a constant root slot points to it.  may_free is not called.
 */
bool pt_free_slot(struct pt *, vaddr_t, unsigned level, struct pt_gather *);

/* ---- one page leaf that migrates to another frame, mm/pt/pt_spot.c ---- */
struct pt_spot {
	struct pt_cell *cell;
	vaddr_t va;
	pte_t old;
};
/*
 * The spots of n >= 1 addresses.  -ENOENT unless each is mapped by a page leaf that is not part of
 * a run.  The caller keeps every other operation off the leaves and their tables until
 * pt_spots_make().  Neighbours in one table cost one walk.
 */
int pt_spots_find(struct pt *, const vaddr_t *, unsigned n, struct pt_spot *);
/* n >= 1 spots to EMPTY; the gather gets one invalidation for all. */
void pt_spots_break(struct pt *, const struct pt_spot *, unsigned n, struct pt_gather *);
/*
 * Store n >= 1 broken spots again, each with its old rights and a new frame, which this CPU has
 * filled: one barrier before all of them (PT_DUTY_PUBLISH_DATA), one after (PT_DUTY_VISIBLE).
 */
void pt_spots_make(struct pt *, const struct pt_spot *, const paddr_t *, unsigned n);
/* Store n >= 1 broken spots again with values that the engine need not know: for tests of the
 * machine, which own the range, and make the spots leaves again before any other operation. */
void pt_spots_put(struct pt *, const struct pt_spot *, const pte_t *, unsigned n);

/* ---- gather: unhook -> invalidate -> wait -> free, never reordered --------------------------- */
/* `store` holds the spans and belongs to the caller; NULL, 0 when no frames are freed. */
void pt_gather_begin(struct pt_gather *, struct pt *, struct pt_span *store, u32 max_spans);
/* Frames to free at release; merges with the last span.  -ENOMEM when the store is full: nothing
 * was added, and the caller may replace the store by a larger copy and call again. */
int pt_gather_span(struct pt_gather *, paddr_t, u32 nr, enum pt_provenance);
/* Move the pending invalidation of `from` to `to`, and close `from`, which holds neither table nor
 * frame.  The caller serialises the uses of `to`, in which other CPUs may have gathered. */
void pt_gather_move(struct pt_gather *to, struct pt_gather *from);
/* Issue one invalidation for everything that is pending, and wait for every CPU.  Under the lock
 * that covered the removal (ENGINE 5.2); may be repeated. */
void pt_gather_flush(struct pt_gather *);
/* Free the first n pages of its frames now, although TLBs may still hold translations to them.  For
 * schemes of remove= that are wrong on purpose; tables are never freed in this way. */
void pt_gather_free_early(struct pt_gather *, u32 n);
/* Free tables and frames, and close the gather; asserts that it was flushed.  Without the lock: to
 * wait for readers under it would deadlock (ENGINE 5.2). */
void pt_gather_release(struct pt_gather *);

/* ---- reading --------------------------------------------------------------------------------- */
struct pt_slot {
	vaddr_t va; /* of the slot's first byte */
	pte_t val;  /* one single-copy-atomic load (S0-22) */
	u8 level;
	enum pt_kind kind;
	u32 n; /* cells of a run, 1 unless PT_BY_RUNS */
};

/*
 * Software walk: the slot that ends the walk for va (leaf, empty, invalid or reserved).  Slot may
 * be NULL.  The caller holds a lock under which no table on the way is freed.
 */
enum pt_kind pt_lookup(const struct pt *, vaddr_t, struct pt_slot *);
/*
 * The same without the lock, where tables may be freed meanwhile.  A freed table may hold anything,
 * even a value that looks like a table pointer to absent memory, so `load` returns false where it
 * cannot read; then so does this function.  The result is a hint: the caller must be correct even
 * if it is wrong.
 */
typedef bool pt_careful_fn(const struct pt_cell *, pte_t *value);
bool pt_lookup_racing(const struct pt *, vaddr_t, struct pt_slot *, pt_careful_fn *load);
/* The physical address va translates to, or PA_NONE. */
paddr_t pt_translate(const struct pt *, vaddr_t);

/* OTHER: invalid, reserved.  RUNS: leaves of one table with equal attributes and consecutive
 * addresses are reported as one slot with n > 1. */
enum pt_when { PT_ON_LEAF = 1, PT_ON_TABLE = 2, PT_ON_OTHER = 4, PT_BY_RUNS = 8 };
/* 0 continue, > 0 stop, < 0 error; returned by pt_walk.  The visitor changes no entry. */
typedef int pt_visit_fn(const struct pt_slot *, void *arg);
/*
 * Visit the entries of a range in address order, a table before its entries; EMPTY cells are never
 * visited.  The result of the last visit, or -EINVAL for a bad range.  Locking as pt_lookup().
 */
int pt_walk(const struct pt *pt, vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg);

/*
 * The only function that loads a root into a CPU (tap event ROOT_LOAD): `load` writes the register
 * of the calling CPU, whose number is `cpu`.  A FRESH tree becomes LIVE after the stores of this
 * CPU are complete; the stores to a LIVE tree were completed by the operations that made them, and
 * `load` executes everything else that the CPU needs before its first walk.  A RETIRED one is an
 * assertion.
 */
void pt_root_load(struct pt *, unsigned cpu, void (*load)(const struct pt *));
