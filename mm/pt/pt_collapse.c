/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_collapse.c - a table of leaves that line up becomes one leaf, or single leaves become a
 * contiguous run; the inverse of splitting.
 *
 * The tables below a leaf are unhooked with it and freed by the gather, which may not be NULL.
 */
#include <mm/pt/pt_impl.h>

/* ---- planning ---- */

static int misfit(const struct pt *pt, vaddr_t va, const char *what, struct why *why)
{
	return refuse(why, EINVAL, "%s: %#lx cannot become part of one leaf: %s", pt->name, va,
		      what);
}

static bool is_run(const struct pt_plan *plan)
{
	return plan->len > pt_span_at(plan->pt, plan->max_level);
}

/* Every cell of the range is a leaf with the same attributes and the next address in line. */
static int check_leaves(const struct pt_plan *plan, paddr_t *base, struct why *why)
{
	const struct pt *pt = plan->pt;
	const struct pt_fmt *f = pt->fmt;
	enum pt_prot prot = PT_R;
	vaddr_t va = plan->va;
	struct pt_pos pos;
	u64 step;

	for (u64 left = plan->len; left; va += step, left -= step) {
		pt_descend(pt, va, 0, &pos);
		if (pt_kind_of(pt, pos.val, pos.level) != PT_LEAF)
			return misfit(pt, va, "not mapped", why);
		if (is_run(plan) &&
		    (pos.level != plan->max_level || f->run_shift(pos.val, pos.level)))
			return misfit(pt, va, "it is no single leaf", why);
		if (va == plan->va) {
			*base = f->pa(pos.val, pos.level, va);
			prot = f->prot(pos.val, pos.level);
		}
		if (f->pa(pos.val, pos.level, va) != *base + (va - plan->va))
			return misfit(pt, va, "its address is not in line", why);
		if (f->prot(pos.val, pos.level) != prot)
			return misfit(pt, va, "it has other attributes", why);
		step = pt_step(pt, pos.level, 1, va, left);
	}
	return is_aligned(*base, plan->len) ? 0 : misfit(pt, plan->va, "PA not aligned", why);
}

static int check_break(const struct pt_plan *plan, const struct pt_pos *pos, paddr_t base,
		       struct why *why)
{
	struct pt *pt = plan->pt;
	bool run = is_run(plan);
	enum pt_prot prot = run ? pt->fmt->prot(pos->val, pos->level) : PT_R;
	pte_t new = pt->fmt->leaf(base, prot, pos->level, run ? pt->fmt->run[pos->level] : 0);

	if (pt->state != PT_LIVE || !pt->env->may_break ||
	    !(pt->fmt->duty(pos->val, new, pos->level, pt->caps) & PT_DUTY_BREAK) ||
	    pt->env->may_break(pt, plan->va, plan->len))
		return 0;
	return refuse(why, EBUSY, "%s: %#lx+%#lx is in use and cannot be invalid for a moment",
		      pt->name, plan->va, plan->len);
}

/* One leaf above level 0, or one contiguous run that these CPUs have. */
static bool is_unit(const struct pt_plan *plan)
{
	const struct pt *pt = plan->pt;
	u64 span = pt_span_at(pt, plan->max_level);
	unsigned run = pt->caps & PT_CAP_CONTIG ? pt->fmt->run[plan->max_level] : 0;

	if (!is_aligned(plan->va, plan->len) || !pt_leaf_ok(pt->fmt, plan->max_level))
		return false;
	return plan->len == span ? plan->max_level : run && plan->len == span << run;
}

int pt_plan_collapse(struct pt_plan *plan, u32 *need, struct why *why)
{
	const struct pt *pt = plan->pt;
	struct pt_pos pos;
	paddr_t base = 0;
	int err;

	(void)need;
	if (!is_unit(plan))
		return refuse(why, EINVAL, "%s: %#lx+%#lx is not one leaf or run of level %u",
			      pt->name, plan->va, plan->len, plan->max_level);
	pt_descend(pt, plan->va, plan->max_level, &pos);
	if (!is_run(plan) && pt_kind_of(pt, pos.val, pos.level) != PT_TABLE)
		return misfit(pt, plan->va, "there is no table", why);
	err = check_leaves(plan, &base, why);
	return err ? err : check_break(plan, &pos, base, why);
}

/* ---- acting ---- */

/* Give the gather a table and all tables below it; their cells keep their values. */
static void gather_tables(struct pt *pt, paddr_t table, unsigned level, struct pt_gather *g)
{
	struct pt_cell *cells = pt->env->cells(table);

	for (u32 i = 0; level && i < pt_entries(pt->fmt, level); i++) {
		pte_t val = pt_cell_load(&cells[i]);

		if (pt_kind_of(pt, val, level) == PT_TABLE)
			gather_tables(pt, pt->fmt->next(val, level), level - 1, g);
	}
	pt_gather_table(g, table);
}

/* All members in one store: where a break is required, each must be invalid before one is written
 * again (ENGINE 3.2). */
static u32 join_run(struct pt_plan *plan, struct pt_gather *g)
{
	struct pt *pt = plan->pt;
	const struct pt_fmt *f = pt->fmt;
	unsigned level = plan->max_level;
	struct pt_run r = { .va = plan->va, .level = (u8)level, .run_shift = f->run[level] };
	struct pt_pos pos;

	pt_descend(pt, plan->va, level, &pos);
	r.cells = &pos.cells[pos.index];
	r.n = 1u << r.run_shift;
	r.old = pos.val;
	r.pa = f->pa(pos.val, level, plan->va);
	r.prot = f->prot(pos.val, level);
	r.new = f->leaf(r.pa, r.prot, level, r.run_shift);
	r.stride = f->leaf(r.pa + pt_span_at(pt, level), r.prot, level, r.run_shift) - r.new;
	return pt_set_run(pt, &r, g);
}

static u32 join_table(struct pt_plan *plan, struct pt_gather *g)
{
	struct pt *pt = plan->pt;
	struct pt_run r = { .va = plan->va, .n = 1 };
	struct pt_pos pos, first;
	u32 duty;

	pt_descend(pt, plan->va, 0, &first);
	pt_descend(pt, plan->va, plan->max_level, &pos);
	r.cells = &pos.cells[pos.index];
	r.level = pos.level;
	r.old = pos.val;
	r.pa = pt->fmt->pa(first.val, first.level, plan->va);
	r.prot = pt->fmt->prot(first.val, first.level);
	r.new = pt->fmt->leaf(r.pa, r.prot, r.level, 0);
	duty = pt_set_run(pt, &r, g);
	gather_tables(pt, pt->fmt->next(r.old, r.level), r.level - 1u, g);
	return duty;
}

void pt_collapse(struct pt_plan *plan, struct pt_gather *g)
{
	struct pt *pt = plan->pt;
	u32 duty;

	pt_plan_check(plan, PT_OP_COLLAPSE);
	ASSERT(g && g->pt == pt);
	duty = is_run(plan) ? join_run(plan, g) : join_table(plan, g);
	pt_visible(pt, plan->va, plan->len, duty & ~(u32)PT_DUTY_LAZY);
}
