/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_fill.c - put a table behind every root slot of a range, before the root becomes
 * constant.
 *
 * Other trees copy the kernel's root slots, so these must never change after the first copy (S1-33,
 * all regions get their tables at boot, before any tree is copied.
 */
#include <mm/pt/pt_impl.h>

static int fill_slot(struct pt_plan *plan, struct pt_cell *cell, vaddr_t va, unsigned node,
		     struct why *why)
{
	struct pt *pt = plan->pt;
	paddr_t table;

	if (pt_cell_load(cell))
		return 0;
	table = pt->env->alloc(pt, node);
	if (table == PA_NONE)
		return refuse(why, ENOMEM, "%s: no memory for the table of root slot %u", pt->name,
			      pt_index_at(pt, pt_top(pt), va));
	pt_plan_put(plan, pt->env->link(table));
	pt_install(plan, cell, pt_top(pt), va);
	return 0;
}

int pt_fill_root(struct pt *pt, vaddr_t va, u64 len, unsigned node, struct why *why)
{
	struct pt_plan plan = { .pt = pt, .op = PT_OP_MAP, .va = va, .len = len };
	unsigned top = pt_top(pt);
	struct pt_cell *cells = pt->env->cells(pt->root);
	u32 last = pt_index_at(pt, top, va + len - 1);
	int err = pt_range_check(pt, va, len, why);

	ASSERT(!pt->root_constant);
	err = err ? err : pt_range_owned(pt, va, len, why);
	for (u32 i = pt_index_at(pt, top, va); !err && i <= last; i++) {
		err = fill_slot(&plan, &cells[i], va, node, why);
		va += pt_span_at(pt, top);
	}
	pt_plan_end(&plan);
	return err;
}
