/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_reserve.c - the table pages that a plan holds, taken by the operation that was planned.
 *
 * A CPU that loses a race to install a table puts its page back here.
 */
#include <lib/atomic.h>
#include <mm/pt/pt_impl.h>

void pt_plan_put(struct pt_plan *plan, struct pt_link *link)
{
	link->next = plan->reserve;
	plan->reserve = link;
	plan->nr++;
	atomic_fetch_add_relaxed(&plan->pt->nr_reserved, 1);
}

struct pt_link *pt_plan_take(struct pt_plan *plan)
{
	struct pt_link *link = plan->reserve;

	/* Zero: the PA was not congruent to the VA, or a table vanished since the plan. */
	ASSERT_OP(plan->nr, >, 0);
	plan->reserve = link->next;
	plan->nr--;
	atomic_fetch_sub_relaxed(&plan->pt->nr_reserved, 1);
	return link;
}
