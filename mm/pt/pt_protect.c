/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_protect.c - change rights or memory type of leaves; addresses and shapes stay.
 *
 * Leaves are rewritten in runs of consecutive addresses, so that all new values are known before a
 * break clears the old ones.  A contiguous group is never cut, because its members are in step.
 */
#include <mm/pt/pt_impl.h>

/* How many leaves from pos on, at most `max`, fit one run; sets r->new and r->stride. */
static u32 protect_extent(const struct pt *pt, const struct pt_pos *pos, struct pt_run *r, u32 max)
{
	const struct pt_fmt *f = pt->fmt;
	u64 span = pt_span_at(pt, r->level);
	u32 group = 1u << r->run_shift;

	r->new = f->leaf(r->pa, r->prot, r->level, r->run_shift);
	if (!pt_in_step(f, r->pa, 2 * span))
		return group;
	r->stride = f->leaf(r->pa + span, r->prot, r->level, r->run_shift) - r->new;
	if (!r->stride) /* NAPOT: one group at a time */
		max = min_u32(max, group);
	return pt_count_linear(r->cells, max, pos->val, r->stride);
}

static u32 protect_leaves(struct pt *pt, const struct pt_pos *pos, vaddr_t va, u64 left,
			  enum pt_prot prot, struct pt_gather *g, u32 *duty)
{
	struct pt_run r = { .va = va, .level = pos->level, .old = pos->val, .prot = prot };
	u32 max = min_u32(pt_cells_left(pt, pos), left >> pt->shift[pos->level]);

	r.cells = &pos->cells[pos->index];
	r.run_shift = (u8)pt->fmt->run_shift(pos->val, pos->level);
	r.pa = pt->fmt->pa(pos->val, pos->level, va);
	r.n = protect_extent(pt, pos, &r, max);
	*duty |= pt_set_run(pt, &r, g);
	return r.n;
}

void pt_protect(struct pt_plan *plan, enum pt_prot prot, struct pt_gather *g)
{
	struct pt *pt = plan->pt;
	vaddr_t va = plan->va;
	struct pt_pos pos;
	u32 duty = 0;
	u64 step;

	pt_plan_check(plan, PT_OP_PROTECT);
	prot = pt_usable_prot(pt, prot);
	for (u64 left = plan->len; left; va += step, left -= step) {
		u32 n = 1;

		pt_descend(pt, va, 0, &pos);
		if (pt_kind_of(pt, pos.val, pos.level) == PT_LEAF)
			n = protect_leaves(pt, &pos, va, left, prot, g, &duty);
		else if (!pos.val)
			n = pt_count_empty(&pos.cells[pos.index], pt_cells_left(pt, &pos));
		step = pt_step(pt, pos.level, n ? n : 1, va, left);
	}
	pt_visible(pt, plan->va, plan->len, g ? duty & ~(u32)PT_DUTY_LAZY : duty);
}
