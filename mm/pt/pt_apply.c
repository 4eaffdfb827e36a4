/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_apply.c - a caller's function for each page entry of a range: apply_to_page_range() of
 * Linux and its sibling for what exists (S1-10, S1-13).
 *
 * The function gets and returns the meaning of an entry; the engine encodes it and stores it
 * through pt_set_run(), with all maintenance that the change requires.
 */
#include <mm/pt/pt_impl.h>

/* ---- planning ---- */

int pt_apply_check(const struct pt_plan *plan, const struct pt_pos *pos, vaddr_t va,
		   struct why *why)
{
	const struct pt *pt = plan->pt;

	if (pt_kind_of(pt, pos->val, pos->level) != PT_LEAF)
		return refuse(why, EINVAL, "%s: %#lx is neither empty nor mapped: %#lx, level %u",
			      pt->name, va, pos->val, pos->level);
	if (pos->level || pt->fmt->run_shift(pos->val, 0))
		return refuse(why, EBUSY, "%s: %#lx is part of a leaf or a run larger than a page",
			      pt->name, va);
	return 0;
}

/* ---- acting ---- */

/* The cell of va's page; false: no table, and the operation takes none.  Then pos is where the walk
 * ended. */
static bool find_cell(struct pt_plan *plan, vaddr_t va, struct pt_pos *pos)
{
	struct pt *pt = plan->pt;

	for (;;) {
		pt_descend(pt, va, 0, pos);
		if (!pos->level)
			return true;
		if (plan->op == PT_OP_EXISTING)
			return false;
		pt_install(plan, &pos->cells[pos->index], pos->level, va);
	}
}

static bool same_entry(const struct pt_page_entry *a, const struct pt_page_entry *b)
{
	return a->mapped == b->mapped && (!a->mapped || (a->pa == b->pa && a->prot == b->prot));
}

static u32 store_entry(struct pt *pt, const struct pt_pos *pos, const struct pt_page_entry *e,
		       struct pt_gather *g)
{
	struct pt_run r = { .cells = &pos->cells[pos->index], .va = e->va, .n = 1 };

	r.old = pos->val;
	if (e->mapped) {
		r.pa = e->pa;
		r.prot = pt_usable_prot(pt, e->prot);
		r.new = pt->fmt->leaf(r.pa, r.prot, 0, 0);
	}
	return pt_set_run(pt, &r, g);
}

static int apply_one(struct pt *pt, const struct pt_pos *pos, vaddr_t va, pt_apply_fn *fn,
		     void *arg, struct pt_gather *g, u32 *duty, struct why *why)
{
	struct pt_page_entry was = { .va = va, .pa = PA_NONE }, e;
	int err;

	if (pos->val) {
		was.mapped = true;
		was.pa = pt->fmt->pa(pos->val, 0, va);
		was.prot = pt->fmt->prot(pos->val, 0);
	}
	e = was;
	err = fn(&e, arg);
	if (err < 0)
		return refuse(why, -err, "%s: the caller's function ended at %#lx", pt->name, va);
	if (was.mapped && e.mapped && e.pa != was.pa)
		return refuse(why, EINVAL, "%s: %#lx is mapped, and was given another frame",
			      pt->name, va);
	if (!same_entry(&was, &e))
		*duty |= store_entry(pt, pos, &e, g);
	return 0;
}

int pt_apply(struct pt_plan *plan, pt_apply_fn *fn, void *arg, struct pt_gather *g, struct why *why)
{
	struct pt *pt = plan->pt;
	vaddr_t va = plan->va;
	struct pt_pos pos;
	u32 duty = 0;
	int err = 0;
	u64 step;

	pt_plan_check(plan, plan->op == PT_OP_EXISTING ? PT_OP_EXISTING : PT_OP_APPLY);
	for (u64 left = plan->len; left && !err; va += step, left -= step) {
		bool found = find_cell(plan, va, &pos);

		step = pt_step(pt, pos.level, 1, va, left);
		if (found && (pos.val || plan->op == PT_OP_APPLY))
			err = apply_one(pt, &pos, va, fn, arg, g, &duty, why);
	}
	pt_visible(pt, plan->va, plan->len, g ? duty & ~(u32)PT_DUTY_LAZY : duty);
	return err;
}
