/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_split.c - one leaf becomes a table of smaller ones, or many become one.
 *
 * The translations are the same before and after; their shape changes, so a live tree requires a
 * break (refused at plan time where it is forbidden) or the capability that waives it.  A new table
 * is filled before anything points to it.  Hot-remove never splits (ENGINE 2).
 */
#include <lib/atomic.h>
#include <mm/pt/pt_impl.h>

/* ---- splitting: planning ---- */

static bool breaks(const struct pt *pt, pte_t old, pte_t new, unsigned level)
{
	return pt->state == PT_LIVE && pt->fmt->duty(old, new, level, pt->caps) & PT_DUTY_BREAK;
}

static int may_break(struct pt *pt, vaddr_t va, u64 len, struct why *why)
{
	if (!pt->env->may_break || pt->env->may_break(pt, va, len))
		return 0;
	return refuse(why, EBUSY, "%s: %#lx+%#lx is in use and cannot be invalid for a moment",
		      pt->name, va, len);
}

/* The contiguous run that the leaf at va belongs to: its first byte, and its bytes in *len. */
static vaddr_t run_of(const struct pt *pt, const struct pt_pos *pos, vaddr_t va, u64 *len)
{
	*len = pt_span_at(pt, pos->level) << pt->fmt->run_shift(pos->val, pos->level);
	return align_down(va, *len);
}

static struct pt_run leaves_at(const struct pt *pt, struct pt_cell *cells, vaddr_t va,
			       unsigned level, paddr_t pa, enum pt_prot prot)
{
	struct pt_run r = { .cells = cells, .va = va, .level = (u8)level, .pa = pa, .prot = prot };

	r.new = pt->fmt->leaf(pa, prot, level, 0);
	r.stride = pt->fmt->leaf(pa + pt_span_at(pt, level), prot, level, 0) - r.new;
	return r;
}

/* Describe the members of va's contiguous run as single leaves: one store of the whole run. */
static struct pt_run dissolved(const struct pt *pt, const struct pt_pos *pos, vaddr_t va)
{
	unsigned shift = pt->fmt->run_shift(pos->val, pos->level);
	struct pt_cell *first = &pos->cells[pos->index & ~((1u << shift) - 1)];
	struct pt_run r;
	u64 len;

	va = run_of(pt, pos, va, &len);
	r = leaves_at(pt, first, va, pos->level, pt->fmt->pa(pt_cell_peek(first), pos->level, va),
		      pt->fmt->prot(pos->val, pos->level));
	r.n = 1u << shift;
	r.old = pt_cell_peek(first); /* pos may be in the middle of the run */
	return r;
}

/* Check that the run at va may be broken, if that is required.  It is dissolved if it crosses an
 * edge of the range, or if one of its members gets a table. */
static int plan_dissolve(const struct pt_plan *plan, const struct pt_pos *pos, vaddr_t va,
			 struct why *why)
{
	struct pt *pt = plan->pt;
	struct pt_run r;

	if (!pt->fmt->run_shift(pos->val, pos->level))
		return 0;
	r = dissolved(pt, pos, va);
	if (!breaks(pt, r.old, r.new, r.level))
		return 0;
	return may_break(pt, r.va, (u64)r.n << pt->shift[r.level], why);
}

/* Tables that a leaf of `level` needs if [va, va + len) of it is to be split down to level `to`. */
static u32 tables_for(const struct pt *pt, unsigned level, unsigned to, vaddr_t va, u64 len)
{
	u32 nr = 0;

	for (unsigned l = level; l > to; l--)
		nr += (u32)(((va + len - 1) >> pt->shift[l]) - (va >> pt->shift[l]) + 1);
	return nr;
}

static int plan_leaf(const struct pt_plan *plan, const struct pt_pos *pos, vaddr_t va, u64 len,
		     u32 *need, struct why *why)
{
	struct pt *pt = plan->pt;
	u64 span = pt_span_at(pt, pos->level);
	int err = plan_dissolve(plan, pos, va, why);

	if (!err && breaks(pt, pos->val, pt->fmt->table(pt->root, pos->level), pos->level))
		err = may_break(pt, align_down(va, span), span, why);
	*need += tables_for(pt, pos->level, plan->max_level, va, len);
	return err;
}

static int plan_edge(const struct pt_plan *plan, vaddr_t va, struct why *why)
{
	struct pt_pos pos;

	pt_descend(plan->pt, va, 0, &pos);
	if (pt_kind_of(plan->pt, pos.val, pos.level) != PT_LEAF)
		return 0;
	return plan_dissolve(plan, &pos, va, why);
}

int pt_plan_split(struct pt_plan *plan, u32 *need, struct why *why)
{
	const struct pt *pt = plan->pt;
	vaddr_t va = plan->va;
	int err = plan_edge(plan, va, why);
	struct pt_pos pos;
	u64 step;

	if (!err)
		err = plan_edge(plan, va + plan->len - 1, why);
	for (u64 left = plan->len; left && !err; va += step, left -= step) {
		pt_descend(pt, va, plan->max_level, &pos);
		step = pt_step(pt, pos.level, 1, va, left);
		if (pos.level > plan->max_level && pt_kind_of(pt, pos.val, pos.level) == PT_LEAF)
			err = plan_leaf(plan, &pos, va, step, need, why);
	}
	return err;
}

/* ---- splitting: acting ---- */

/* Where a break is required, all members must be invalid before one is written again (ENGINE 3.2).
 */
static void dissolve(struct pt *pt, const struct pt_pos *pos, vaddr_t va, struct pt_gather *g,
		     u32 *duty)
{
	struct pt_run r;

	if (!pt->fmt->run_shift(pos->val, pos->level))
		return;
	r = dissolved(pt, pos, va);
	*duty |= pt_set_run(pt, &r, g);
}

static void dissolve_edge(struct pt_plan *plan, vaddr_t va, struct pt_gather *g, u32 *duty)
{
	struct pt *pt = plan->pt;
	struct pt_pos pos;
	u64 len;
	vaddr_t lo;

	pt_descend(pt, va, 0, &pos);
	if (pt_kind_of(pt, pos.val, pos.level) != PT_LEAF)
		return;
	lo = run_of(pt, &pos, va, &len);
	if (lo < plan->va || lo + len - 1 > plan->va + plan->len - 1)
		dissolve(pt, &pos, va, g, duty);
}

/* Fill a table from the reserve with smaller leaves, then point the cell to it. */
static void split_leaf(struct pt_plan *plan, const struct pt_pos *pos, vaddr_t va,
		       struct pt_gather *g, u32 *duty)
{
	struct pt *pt = plan->pt;
	unsigned level = pos->level;
	struct pt_cell *cell = &pos->cells[pos->index];
	paddr_t table = pt->env->pa(pt_plan_take(plan));
	struct pt_run r;

	dissolve(pt, pos, va, g, duty);
	va = pt_slot_va(pt, level, va);
	r = leaves_at(pt, pt->env->cells(table), va, level - 1,
		      pt->fmt->pa(pt_cell_peek(cell), level, va), pt->fmt->prot(pos->val, level));
	r.n = pt_entries(pt->fmt, level - 1);
	r.unlinked = true;
	pt_set_run(pt, &r, g);
	r = (struct pt_run) { .cells = cell, .va = va, .level = (u8)level };
	r.old = pt_cell_peek(cell);
	*duty |= pt_hook(pt, &r, table, g);
}

void pt_split(struct pt_plan *plan, struct pt_gather *g)
{
	struct pt *pt = plan->pt;
	vaddr_t va = plan->va;
	u64 left = plan->len, step;
	struct pt_pos pos;
	u32 duty = 0;

	pt_plan_check(plan, PT_OP_SPLIT);
	while (left) {
		pt_descend(pt, va, plan->max_level, &pos);
		if (pos.level > plan->max_level && pt_kind_of(pt, pos.val, pos.level) == PT_LEAF) {
			split_leaf(plan, &pos, va, g, &duty);
			continue; /* the same address, one level down */
		}
		step = pt_step(pt, pos.level, 1, va, left);
		va += step;
		left -= step;
	}
	dissolve_edge(plan, plan->va, g, &duty);
	dissolve_edge(plan, plan->va + plan->len - 1, g, &duty);
	pt_visible(pt, plan->va, plan->len, g ? duty & ~(u32)PT_DUTY_LAZY : duty);
}
