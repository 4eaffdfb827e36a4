/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_impl.h - what the files of the engine share.  Included by mm/pt/pt*.c alone.
 *
 * A position is the result of a walk: the table in which it ended, the cell, its value.  Every
 * store to a table is made by pt_set_run(), pt_set_spots() or pt_install(); nothing else writes a
 * cell.
 */
#pragma once
#include <lib/assert.h>
#include <mm/pt/pt.h>
#include <mm/pt/pt_cell.h>
#include <mm/pt/pt_tap.h>

struct pt_pos {
	struct pt_cell *cells; /* of the table the walk ended in */
	pte_t val;
	u32 index;
	u8 level;
};

/* n equal cells of one table: same attributes, addresses in step.  cell i becomes new + i*stride,
 * or, in formats whose addresses are not linear, leaf(pa + i*span, prot). */
struct pt_run {
	struct pt_cell *cells;
	vaddr_t va; /* of the first cell */
	u32 n;
	u8 level;
	u8 run_shift;  /* of the new leaves */
	bool unlinked; /* in a table that no walk can reach yet: requires no maintenance */
	bool ordered;  /* the caller has called pt_publish_data() for this address */
	bool same;     /* pages of one frame: every cell becomes `new`, the stride is 0 */
	pte_t old;     /* of the first cell */
	pte_t new;     /* 0 clears */
	union {
		struct { /* new leaves */
			pte_t stride;
			paddr_t pa;
		};
		/* An unhooked table: the part of its span that the operation covers.  It is enough
		 * to invalidate that part: an invalidation of any address inside the span drops the
		 * cached pointer to the table. */
		struct {
			vaddr_t part;
			u64 part_len; /* 0: the whole run */
		};
	};
	enum pt_prot prot;
};

static inline u64 pt_span_at(const struct pt *pt, unsigned level)
{
	return 1ul << pt->shift[level];
}

static inline unsigned pt_top(const struct pt *pt)
{
	return pt->fmt->levels - 1u;
}

static inline u32 pt_index_at(const struct pt *pt, unsigned level, vaddr_t va)
{
	return (u32)(va >> pt->shift[level]) & ((1u << pt->fmt->bits[level]) - 1);
}

/* Cells from va's to the end of its table. */
static inline u32 pt_cells_left(const struct pt *pt, const struct pt_pos *pos)
{
	return (1u << pt->fmt->bits[pos->level]) - pos->index;
}

static inline vaddr_t pt_slot_va(const struct pt *pt, unsigned level, vaddr_t va)
{
	return align_down(va, pt_span_at(pt, level));
}

/* Bytes from va to the end of the n cells that begin with va's cell, capped at `left`. */
static inline u64 pt_step(const struct pt *pt, unsigned level, u32 n, vaddr_t va, u64 left)
{
	u64 bytes = ((u64)n << pt->shift[level]) - (va & (pt_span_at(pt, level) - 1));

	return min_u64(bytes, left);
}

/* The format's kind(), without its call for the common EMPTY cell. */
static inline enum pt_kind pt_kind_of(const struct pt *pt, pte_t val, unsigned level)
{
	return val ? pt->fmt->kind(val, level) : PT_EMPTY;
}

/* Levels of the leaves that CPUs may have cached of a cell's old value: of a table, all below it.
 */
static inline u8 pt_cached_levels(const struct pt *pt, pte_t old, unsigned level)
{
	return (u8)(pt_kind_of(pt, old, level) == PT_TABLE ? BIT(level) - 1 : BIT(level));
}

/* Where the cells of a table are. */
static inline struct pt_cell *pt_cells(const struct pt_direct *d, paddr_t table)
{
	return (struct pt_cell *)(uintptr_t)(table +
					     (table - d->lo < d->len ? d->inside : d->outside));
}

/* Drop the memory types of prot that these CPUs cannot encode: without Svpbmt the PMAs alone decide
 * them. */
static inline enum pt_prot pt_usable_prot(const struct pt *pt, enum pt_prot prot)
{
	unsigned lost = pt->caps & PT_CAP_PBMT ? 0 : pt->fmt->pbmt_prot;

	return (enum pt_prot)((unsigned)prot & ~lost);
}

/* ---- pt_walk.c ---- */
/* Walk to the cell that ends the translation of va, no deeper than `stop`. */
void pt_descend(const struct pt *, vaddr_t va, unsigned stop, struct pt_pos *);

/* ---- pt.c ---- */
/* -EINVAL for a range that is empty, misaligned, wrapping, or not translated by the format. */
int pt_range_check(const struct pt *, vaddr_t, u64 len, struct why *);
/* -EPERM for a range under root slots that the tree does not own (ENGINE 1.5). */
int pt_range_owned(const struct pt *, vaddr_t, u64 len, struct why *);
/* Both. */
int pt_range_usable(const struct pt *, vaddr_t, u64 len, struct why *);

/* ---- pt_scan.c: one atomic load an entry and decision (S0-22) ---- */
u32 pt_count_empty(const struct pt_cell *, u32 max);
bool pt_all_empty(const struct pt_cell *, u32 n);
/* How many cells in a row equal `first`, the bits of `mask` not compared?  May be 0. */
u32 pt_count_alike(const struct pt_cell *, u32 max, pte_t first, pte_t mask);
/* How many cells in a row hold first, first + stride, first + 2 * stride, ...?  May be 0. */
u32 pt_count_linear(const struct pt_cell *, u32 max, pte_t first, pte_t stride);

/* ---- pt_store.c ---- */
/*
 * Store a run (ENGINE 3.1) and carry out BREAK, PUBLISH and PUBLISH_DATA around it.  TLBI duties
 * are added to the gather, which may be NULL if there can be none.  Returns the duties, of which
 * the caller carries out VISIBLE and LAZY with pt_visible() at the end of its operation.
 */
u32 pt_set_run(struct pt *, const struct pt_run *, struct pt_gather *);
/*
 * Page leaves in cells anywhere, n >= 1: all to EMPTY (pa NULL), or from EMPTY to a leaf of pa[i]
 * with the rights of spot[i].old.  The duties of a store depend on neither address nor rights of a
 * page leaf (ENGINE 4.1; t_spot.c checks every format), so they are evaluated once.  `hull` has the
 * addresses of all spots, and `old` of the first; its `new` is set here.
 */
u32 pt_set_spots(struct pt *, const struct pt_spot *, const paddr_t *pa, unsigned n,
		 struct pt_run *hull, struct pt_gather *);
/*
 * Put a table from the plan's reserve into an EMPTY cell by compare-and-exchange.  Returns the
 * table that the cell points to now: that of another CPU if it was first (S0-05).
 */
paddr_t pt_install(struct pt_plan *, struct pt_cell *, unsigned level, vaddr_t);
/*
 * Point the cell of `r`, whose cells, va, level and old are set, to a table that this CPU has
 * filled while no CPU could walk it (`unlinked`).  No other operation stores to the cell: the range
 * of this one covers its span (ENGINE 1.1).  Returns the duties as pt_set_run().
 */
u32 pt_hook(struct pt *, struct pt_run *r, paddr_t table, struct pt_gather *);
/*
 * The same for r->n EMPTY cells and a list of at least as many tables: the barrier before the first
 * pointer orders the contents of all tables before all pointers, whose duties are the same.
 */
u32 pt_hook_list(struct pt *, const struct pt_run *r, struct pt_link *);
/* The barrier of PT_DUTY_PUBLISH_DATA, for one run or a batch: this CPU has filled every frame that
 * the leaves of [va, va + len) will map.  No barrier for a tree that is not LIVE. */
void pt_publish_data(struct pt *, vaddr_t, u64 len);
/* Carry out VISIBLE, and LAZY by a broadcast if the tree is eager; other bits of duty are ignored.
 */
void pt_visible(struct pt *, vaddr_t, u64 len, u32 duty);

/* The operation is the one that was planned.  Without a tree the plan is stale: it has ended, or it
 * was refused. */
static inline void pt_plan_check(const struct pt_plan *plan, enum pt_op op)
{
	ASSERT(plan->pt);
	ASSERT_OP(plan->op, ==, op);
}

/* Planning found the page table of `va` at pos. */
static inline void pt_plan_saw(struct pt_plan *plan, const struct pt_pos *pos, vaddr_t va)
{
	plan->seen = pos->cells;
	plan->seen_va = va;
}

/* ---- pt_reserve.c; then one of pt_plan.c for each operation ---- */
struct pt_link *pt_plan_take(struct pt_plan *);
void pt_plan_put(struct pt_plan *, struct pt_link *);
/* Per operation: refuse, or add to *need (0 before) the table pages that it may install. */
int pt_plan_map(struct pt_plan *, u32 *need, struct why *);
int pt_plan_edges(struct pt_plan *, u32 *need, struct why *);
int pt_plan_split(struct pt_plan *, u32 *need, struct why *);
int pt_plan_collapse(struct pt_plan *, u32 *need, struct why *);
/* ---- pt_apply.c ---- */
/* Planning: -EBUSY, -EINVAL as specified at pt_plan(), for a cell that is not EMPTY. */
int pt_apply_check(const struct pt_plan *, const struct pt_pos *, vaddr_t, struct why *);

/* ---- pt_gather.c ---- */
/* Grow the pending invalidation by the run that was stored. */
void pt_gather_duty(struct pt_gather *, const struct pt_run *, u32 duty);
/* Free this unhooked table at release.  The tree no longer counts it. */
void pt_gather_table(struct pt_gather *, paddr_t table);
