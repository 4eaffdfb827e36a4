/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_fill.c - fill every root slot of a range with a table, before the root becomes constant;
 * and copy root slots to another tree.
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

/* The first address of a root slot, sign extended. */
static vaddr_t root_slot_va(const struct pt *pt, unsigned i)
{
	unsigned unused = 64u - pt->fmt->va_bits;

	return (vaddr_t)((s64)((u64)i << pt->shift[pt_top(pt)] << unused) >> unused);
}

void pt_share_root(struct pt *to, const struct pt *from, unsigned lo, unsigned hi)
{
	struct pt_cell *dst = to->env->cells(to->root);
	const struct pt_cell *src = from->env->cells(from->root);

	ASSERT(to->fmt == from->fmt);
	ASSERT(hi <= to->own_lo || lo >= to->own_hi);
	for (unsigned i = lo; i < hi; i++) {
		struct pt_run r = { .cells = &dst[i], .n = 1, .level = (u8)pt_top(to) };

		r.va = root_slot_va(to, i);
		r.old = pt_cell_load(&dst[i]);
		r.new = pt_cell_load(&src[i]);
		if (r.new != r.old)
			pt_set_run(to, &r, NULL);
	}
}
