/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_plan.c - the steps of an operation that may fail: check, count, reserve.
 *
 * A plan changes nothing in the tree.  It holds the table pages that its operation may install,
 * exactly as many as are missing now (mm/pt/pt_reserve.c).
 */
#include <lib/fail.h>
#include <mm/pt/pt_impl.h>

static bool page_event(struct pt *pt, paddr_t pa, unsigned kind)
{
	struct pt_event e = {
		.kind = (u8)kind, .provenance = PAGE_TABLE, .n = 1, .pa = pa, .pt = pt
	};

	if (!pt_tapped())
		return true;
	if (!pt_tap_run_before(&e))
		return false;
	pt_tap_run_after(&e);
	return true;
}

static void give_back(struct pt_plan *plan)
{
	struct pt *pt = plan->pt;

	while (plan->nr) {
		paddr_t table = pt->env->pa(pt_plan_take(plan));

		if (page_event(pt, table, PT_EV_PAGE_FREE))
			pt->env->free(pt, table);
	}
	plan->pt = NULL;
}

/* One table, or as many as the environment gives at once; 0: none. */
static u32 take_tables(struct pt_plan *plan, u32 nr, unsigned node)
{
	struct pt *pt = plan->pt;
	paddr_t table;

	if (pt->env->alloc_list) {
		nr = pt->env->alloc_list(pt, node, nr, &plan->reserve);
		plan->nr += nr;
		atomic_fetch_add_relaxed(&pt->nr_reserved, nr);
		return nr;
	}
	table = pt->env->alloc(pt, node);
	if (table == PA_NONE)
		return 0;
	pt_plan_put(plan, pt->env->link(table));
	return 1;
}

static int reserve(struct pt_plan *plan, u32 need, unsigned node, struct why *why)
{
	struct pt *pt = plan->pt;

	while (plan->nr < need) {
		u32 got = take_tables(plan, need - plan->nr, node);
		struct pt_link *l = plan->reserve;

		if (!got)
			return refuse(why, ENOMEM, "%s: no memory for table %u of %u for %#lx+%#lx",
				      pt->name, plan->nr + 1, need, plan->va, plan->len);
		for (; pt_tapped() && got; got--, l = l->next)
			page_event(pt, pt->env->pa(l), PT_EV_PAGE_ALLOC);
	}
	return 0;
}

typedef int check_fn(struct pt_plan *, u32 *need, struct why *);

static check_fn *const checks[] = {
	[PT_OP_MAP] = pt_plan_map,           [PT_OP_UNMAP] = pt_plan_edges,
	[PT_OP_PROTECT] = pt_plan_edges,     [PT_OP_SPLIT] = pt_plan_split,
	[PT_OP_COLLAPSE] = pt_plan_collapse, [PT_OP_APPLY] = pt_plan_map,
	[PT_OP_EXISTING] = pt_plan_map,
};

static inline __attribute__((always_inline)) int plan_check_room(struct pt_plan *plan,
								 unsigned node, struct why *why)
{
	u32 need = 0;
	int err = pt_range_usable(plan->pt, plan->va, plan->len, why);

	if (!err)
		err = checks[plan->op](plan, &need, why);
	return err || !need ? err : reserve(plan, need, node, why);
}

static int refuse_plan(const struct pt *pt, vaddr_t va, u64 len, struct why *why)
{
	return refuse(why, ENOMEM, "%s: no memory for a plan of %#lx+%#lx", pt->name, va, len);
}

int pt_plan(struct pt *pt, struct pt_plan *plan, enum pt_op op, vaddr_t va, u64 len,
	    unsigned max_level, unsigned node, struct why *why)
{
	int err;

	*plan = (struct pt_plan) { .pt = pt, .op = op, .va = va, .len = len };
	plan->max_level = (u8)min_u64(max_level, pt_top(pt));
	err = fail_here(FAIL_PLAN) ? refuse_plan(pt, va, len, why)
				   : plan_check_room(plan, node, why);
	if (err)
		pt_plan_end(plan);
	return err;
}

/* The level of the leaf, or of the members of the contiguous run, that has this length. */
static u8 collapse_level(const struct pt *pt, u64 len)
{
	u8 level = 0;

	while (level < pt_top(pt) && pt_span_at(pt, level) != len &&
	       pt_span_at(pt, level) << pt->fmt->run[level] != len)
		level++;
	return level;
}

void pt_plan_sure(struct pt *pt, struct pt_plan *plan, enum pt_op op, vaddr_t va, u64 len)
{
	*plan = (struct pt_plan) { .pt = pt, .op = op, .va = va, .len = len };
	if (op == PT_OP_COLLAPSE)
		plan->max_level = collapse_level(pt, len);
	ASSERT_OP(plan_check_room(plan, 0, NULL), ==, 0);
	ASSERT_OP(plan->nr, ==, 0);
}

void pt_plan_end(struct pt_plan *plan)
{
	if (plan->nr)
		give_back(plan);
	else
		plan->pt = NULL;
}
