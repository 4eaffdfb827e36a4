/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_free.c - unhook the tables of a range that is removed: those whose every cell is EMPTY
 * (S0-14, S0-16), or page tables that the range covers whole, with their leaves.
 *
 * Bottom up, each table scanned from entry 0 to the last whatever the range (S0-21).  Only tables
 * that the tree's policy allows, by default those wholly inside [floor, ceiling): a table that an
 * operation on another region may be using stays (S0-03..09, B-05).  The gather frees them.
 */
#include <mm/pt/pt_impl.h>

struct table_sweep {
	struct pt *pt;
	vaddr_t floor, ceiling;
	struct pt_gather *g;
	bool full; /* page tables alone, and their cells are not read */
};

/* Root slots are append-only or constant after boot. */
static bool root_slots_stay(const struct pt *pt, unsigned level)
{
	return level == pt_top(pt) && (pt->root_constant || pt->root_append);
}

static bool may_unhook(const struct table_sweep *s, unsigned level, vaddr_t slot)
{
	const struct pt *pt = s->pt;
	u64 span = pt_span_at(pt, level);

	if (root_slots_stay(pt, level))
		return false;
	if (pt->may_free)
		return pt->may_free(slot, span, s->floor, s->ceiling);
	return pt_within(slot, span, s->floor, s->ceiling);
}

/* [va, va + len) is the part of the table's span that this removal covers. */
static void unhook(struct table_sweep *s, struct pt_cell *cell, unsigned level, vaddr_t va, u64 len,
		   pte_t old)
{
	struct pt_run r = { .cells = cell, .n = 1, .level = (u8)level, .old = old };
	paddr_t table = s->pt->fmt->next(old, level);

	r.va = pt_slot_va(s->pt, level, va);
	r.part = va;
	r.part_len = len;
	pt_set_run(s->pt, &r, s->g);
	if (s->full) {
		/* each leaf owes what its own removal would (PAGETABLES.md, A4, R4) */
		s->g->inval.levels |= pt_cached_levels(s->pt, old, level);
		s->g->nr_leaves += pt_entries(s->pt->fmt, 0);
	}
	pt_gather_table(s->g, table);
}

/* How many cells from i on point to no table as cell i, which may have changed since? */
static u32 no_tables(const struct pt *pt, const struct pt_cell *cells, unsigned level, u32 i,
		     pte_t val)
{
	u32 n = pt_count_alike(&cells[i], pt_entries(pt->fmt, level) - i, val,
			       pt->fmt->pa_mask[level]);

	return n ? n : 1;
}

/* Unhook the tables of [va, va + left), lower levels first; `cells` is a table of `level`. */
static void sweep_table(struct table_sweep *s, struct pt_cell *cells, unsigned level, vaddr_t va,
			u64 left)
{
	const struct pt *pt = s->pt;
	u64 step;
	u32 n;

	for (u32 i = pt_index_at(pt, level, va); left; i += n, va += step, left -= step) {
		pte_t val = pt_cell_load(&cells[i]);
		paddr_t next = val ? pt->fmt->next(val, level) : PA_NONE;
		vaddr_t slot = pt_slot_va(pt, level, va);
		struct pt_cell *below;

		n = next == PA_NONE ? no_tables(pt, cells, level, i, val) : 1;
		step = pt_step(pt, level, n, va, left);
		if (next == PA_NONE)
			continue;
		below = pt->env->cells(next);
		if (level > 1)
			sweep_table(s, below, level - 1, va, step);
		if (may_unhook(s, level, slot) &&
		    (s->full ? level == 1 && step == pt_span_at(pt, 1)
			     : pt_all_empty(below, pt_entries(pt->fmt, level - 1))))
			unhook(s, &cells[i], level, va, step, val);
	}
}

static void sweep_range(struct table_sweep *s, vaddr_t va, u64 len)
{
	struct pt *pt = s->pt;

	ASSERT_OP(pt_range_check(pt, va, len, NULL), ==, 0);
	ASSERT_OP(pt_range_owned(pt, va, len, NULL), ==, 0);
	ASSERT(s->g && s->g->pt == pt);
	sweep_table(s, pt->env->cells(pt->root), pt_top(pt), va, len);
}

void pt_free_empty(struct pt *pt, vaddr_t va, u64 len, vaddr_t floor, vaddr_t ceiling,
		   struct pt_gather *g)
{
	struct table_sweep s = { .pt = pt, .floor = floor, .ceiling = ceiling, .g = g };

	sweep_range(&s, va, len);
}

void pt_free_full(struct pt_plan *plan, vaddr_t floor, vaddr_t ceiling, struct pt_gather *g)
{
	struct table_sweep s = { .pt = plan->pt, .floor = floor, .ceiling = ceiling, .g = g };

	pt_plan_check(plan, PT_OP_UNMAP);
	s.full = true;
	plan->seen = NULL; /* the table may be one that is unhooked here */
	sweep_range(&s, plan->va, plan->len);
}

bool pt_free_slot(struct pt *pt, vaddr_t va, unsigned level, struct pt_gather *g)
{
	struct table_sweep s = { .pt = pt, .g = g };
	struct pt_pos pos;
	paddr_t next;

	ASSERT(g && g->pt == pt);
	pt_descend(pt, va, level, &pos);
	next = pos.level == level && pos.val ? pt->fmt->next(pos.val, level) : PA_NONE;
	if (next == PA_NONE || root_slots_stay(pt, level) ||
	    !pt_all_empty(pt->env->cells(next), pt_entries(pt->fmt, level - 1)))
		return false;
	unhook(&s, &pos.cells[pos.index], level, pt_slot_va(pt, level, va), pt_span_at(pt, level),
	       pos.val);
	return true;
}
