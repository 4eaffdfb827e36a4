/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_retarget.c - page leaves in use get other frames and rights, in one store of a run.
 *
 * The new frames have the contents of the old ones, so a CPU may use either until the invalidation.
 * Where a change of address requires a break (PAGETABLES A6, F6) all pages of the run are broken at
 * once.
 */
#include <mm/pt/pt_impl.h>

void pt_retarget(struct pt_plan *plan, vaddr_t va, u64 len, paddr_t pa, enum pt_prot prot,
		 bool same, struct pt_gather *g)
{
	struct pt *pt = plan->pt;
	u64 page = pt_page_size(pt->fmt), left = len, step;
	vaddr_t at = va;
	u32 duty = 0;

	pt_plan_check(plan, PT_OP_PROTECT);
	ASSERT(va - plan->va < plan->len && len <= plan->len - (va - plan->va));
	prot = pt_usable_prot(pt, prot);
	for (; left; at += step, left -= step, pa += same ? 0 : step) {
		struct pt_run r = { .va = at, .pa = pa, .prot = prot, .same = same };
		struct pt_pos pos;

		pt_descend(pt, at, 0, &pos);
		ASSERT_OP(pt_kind_of(pt, pos.val, pos.level), ==, PT_LEAF);
		ASSERT_OP(pos.level + pt->fmt->run_shift(pos.val, pos.level), ==, 0);
		r.cells = &pos.cells[pos.index];
		r.n = min_u32(pt_cells_left(pt, &pos), left >> pt->shift[0]);
		r.old = pos.val;
		r.new = pt->fmt->leaf(pa, prot, 0, 0);
		r.stride = same ? 0 : pt->fmt->leaf(pa + page, prot, 0, 0) - r.new;
		step = (u64)r.n << pt->shift[0];
		duty |= pt_set_run(pt, &r, g);
	}
	pt_visible(pt, va, len, duty & ~(u32)PT_DUTY_LAZY);
}
