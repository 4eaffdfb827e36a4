/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_unmap.c - first pass of a removal: clear the leaves of every level, keep the tables
 * (S0-14, S0-15).
 *
 * The plan refuses a range that would split a leaf or a contiguous run (B-04), so acting cannot
 * fail.  A cell that is neither empty nor a leaf is kept and counted: its table is then never
 * freed.
 */
#include <lib/atomic.h>
#include <mm/pt/pt_impl.h>

/* ---- planning: unmap and protect ---- */

static int reserved_cell(const struct pt *pt, unsigned level, vaddr_t va, pte_t val,
			 struct why *why)
{
	return refuse(why, EINVAL, "%s: reserved encoding %#lx at %#lx, level %u", pt->name, val,
		      pt_slot_va(pt, level, va), level);
}

/* The leaf or contiguous run at va must not stick out of the planned range. */
static int check_edge(struct pt_plan *plan, vaddr_t va, struct why *why)
{
	const struct pt *pt = plan->pt;
	struct pt_pos pos;
	enum pt_kind kind;
	unsigned run;
	u64 span;
	vaddr_t lo;

	pt_descend(pt, va, 0, &pos);
	kind = pt_kind_of(pt, pos.val, pos.level);
	if (kind == PT_RESERVED)
		return reserved_cell(pt, pos.level, va, pos.val, why);
	if (kind != PT_LEAF)
		return 0;
	if (!pos.level && va == plan->va)
		pt_plan_saw(plan, &pos, va);
	run = pt->fmt->run_shift(pos.val, pos.level);
	if (!pos.level && !run)
		return 0; /* one page, which is in the range */
	span = pt_span_at(pt, pos.level) << run;
	lo = align_down(va, span);
	if (lo >= plan->va && lo + span - 1 <= plan->va + plan->len - 1)
		return 0;
	return refuse(why, EBUSY, "%s: %#lx+%#lx would split the %#lx bytes mapped as one at %#lx",
		      pt->name, plan->va, plan->len, span, lo);
}

/* The number of cells from i on that equal the leaf `val` in everything but the address. */
static u32 cells_alike(const struct pt *pt, const struct pt_pos *pos, u32 i, u32 end, pte_t val)
{
	return pt_count_alike(&pos->cells[i], end - i, val, pt->fmt->pa_mask[pos->level]);
}

/*
 * Look for RESERVED encodings from pos to the end of its table, or to the first table below, at
 * most `left` bytes.  Returns the bytes that are good, or 0 with the address of the offender in
 * *bad.
 */
static u64 check_table(const struct pt *pt, const struct pt_pos *pos, vaddr_t va, u64 left,
		       vaddr_t *bad)
{
	u64 span = pt_span_at(pt, pos->level), done = 0, edge = va & (span - 1);
	u32 end = pos->index + min_u32(pt_cells_left(pt, pos), (left + edge - 1) / span + 1);

	for (u32 i = pos->index, n; i < end; i += n) {
		pte_t val = pt_cell_peek(&pos->cells[i]);
		enum pt_kind kind = pt_kind_of(pt, val, pos->level);

		if (kind == PT_RESERVED) {
			*bad = va + done;
			return 0;
		}
		n = kind == PT_LEAF ? cells_alike(pt, pos, i, end, val) : 1;
		if (!n)
			continue; /* changed since the scan: scan again */
		done = (i + n - pos->index) * span - edge;
		if (pos->level > 1 && val)
			break; /* a table below: walk into it */
	}
	return min_u64(done, left);
}

/* Refuse a RESERVED cell above level 0 between the edges (S0-25). */
static int check_upper(const struct pt_plan *plan, struct why *why)
{
	const struct pt *pt = plan->pt;
	vaddr_t va = plan->va, bad = 0;
	struct pt_pos pos;
	u64 step;

	for (u64 left = plan->len; left; va += step, left -= step) {
		pt_descend(pt, va, 1, &pos);
		step = check_table(pt, &pos, va, left, &bad);
		if (!step) {
			pt_descend(pt, bad, 1, &pos);
			return reserved_cell(pt, pos.level, bad, pos.val, why);
		}
	}
	return 0;
}

int pt_plan_edges(struct pt_plan *plan, u32 *need, struct why *why)
{
	u64 page = pt_span_at(plan->pt, 0);
	int err;

	(void)need;
	if (plan->len == page)
		return check_edge(plan, plan->va, why);
	err = check_edge(plan, plan->va, why);
	if (!err)
		err = check_edge(plan, plan->va + plan->len - page, why);
	if (!err && plan->len > 2 * pt_span_at(plan->pt, 1))
		err = check_upper(plan, why);
	return err;
}

/* ---- acting ---- */

/* Clear the leaf at pos and those after it that differ in the address only, as one run. */
static inline __attribute__((always_inline)) u32
clear_leaves(struct pt *pt, const struct pt_pos *pos, vaddr_t va, u64 left, struct pt_gather *g)
{
	u32 max = min_u32(pt_cells_left(pt, pos), left >> pt->shift[pos->level]);
	u32 n = 1;
	struct pt_cell *cells = &pos->cells[pos->index];
	struct pt_run r;

	if (max > 1)
		n = pt_count_alike(cells, max, pos->val, pt->fmt->pa_mask[pos->level]);
	/* every field: for a partial initialiser the compiler calls memset */
	r = (struct pt_run) { .cells = cells,
			      .va = va,
			      .n = n,
			      .level = pos->level,
			      .run_shift = 0,
			      .unlinked = false,
			      .ordered = false,
			      .same = false,
			      .old = pos->val,
			      .new = 0,
			      .part = 0,
			      .part_len = 0,
			      .prot = 0 };
	pt_set_run(pt, &r, g);
	if (g)
		g->nr_leaves += n;
	return n;
}

/* Unmap at va; returns how many cells of its table were handled. */
static u32 unmap_cells(struct pt *pt, const struct pt_pos *pos, vaddr_t va, u64 left,
		       struct pt_gather *g)
{
	if (!pos->val)
		return pt_count_empty(&pos->cells[pos->index], pt_cells_left(pt, pos));
	if (pt->fmt->kind(pos->val, pos->level) == PT_LEAF)
		return clear_leaves(pt, pos, va, left, g);
	atomic_fetch_add_relaxed(&pt->nr_unexpected, 1);
	return 1;
}

/*
 * Find the cell at which the translation of va ends.  `upper` is the level-1 position of the
 * previous step: the next table of a range is mostly the neighbour of the last one, which saves the
 * walk from the root.
 */
static void descend_beside(const struct pt *pt, vaddr_t va, struct pt_pos *upper, vaddr_t *beside,
			   struct pt_pos *pos)
{
	paddr_t next;

	if (upper->cells && upper->level == 1 &&
	    pt_slot_va(pt, 2, *beside) == pt_slot_va(pt, 2, va)) {
		upper->index = pt_index_at(pt, 1, va);
		upper->val = pt_cell_load(&upper->cells[upper->index]);
	} else {
		pt_descend(pt, va, 1, upper);
	}
	*beside = va;
	*pos = *upper;
	next = upper->level == 1 && upper->val ? pt->fmt->next(upper->val, 1) : PA_NONE;
	if (next == PA_NONE)
		return;
	pos->cells = pt->env->cells(next);
	pos->index = pt_index_at(pt, 0, va);
	pos->val = pt_cell_load(&pos->cells[pos->index]);
	pos->level = 0;
}

/* The position of the range's first cell, if planning found it in a page table: a leaf. */
static bool seen_first(const struct pt_plan *plan, struct pt_pos *pos)
{
	const struct pt *pt = plan->pt;

	if (!plan->seen || plan->seen_va != plan->va)
		return false;
	pos->cells = plan->seen;
	pos->index = pt_index_at(pt, 0, plan->va);
	pos->val = pt_cell_load(&pos->cells[pos->index]);
	pos->level = 0;
	return pt_kind_of(pt, pos->val, 0) == PT_LEAF;
}

static NOINLINE void unmap_rest(struct pt *pt, vaddr_t va, u64 left, struct pt_gather *g)
{
	struct pt_pos pos, upper = { 0 };
	vaddr_t beside = va;
	u64 step;

	for (; left; va += step, left -= step) {
		u32 n;

		descend_beside(pt, va, &upper, &beside, &pos);
		n = unmap_cells(pt, &pos, va, left, g);
		step = pt_step(pt, pos.level, n ? n : 1, va, left);
	}
}

void pt_unmap(struct pt_plan *plan, struct pt_gather *g)
{
	struct pt *pt = plan->pt;
	struct pt_pos pos;
	u64 done = 0;

	pt_plan_check(plan, PT_OP_UNMAP);
	if (seen_first(plan, &pos))
		done = (u64)clear_leaves(pt, &pos, plan->va, plan->len, g) << pt->shift[0];
	if (done < plan->len)
		unmap_rest(pt, plan->va + done, plan->len - done, g);
}
