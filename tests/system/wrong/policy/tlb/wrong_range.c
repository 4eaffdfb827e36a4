/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: a range longer than 16 pages is not invalidated */
#include <kern/cpu.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static const struct tlb_scheme *other(void)
{
	return tlb_scheme_find("full", NULL);
}

static u32 wrong_range_issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus,
			     u32 max_ops)
{
	if (req->hi - req->lo > 16ul << fmt->page_shift)
		return 0;
	return other()->issue(req, fmt, cpus, max_ops);
}

static void wrong_range_sync(void)
{
	other()->sync();
}

static void wrong_range_wait(void)
{
	other()->wait();
}

static void wrong_range_ctx(void)
{
	other()->ctx();
}

static const struct tlb_scheme wrong_range = {
	.s = { .name = "wrong-range",
	       .claim = "a range longer than 16 pages is not invalidated",
	       .promises = PROMISE_RANGE },
	.issue = wrong_range_issue,
	.sync = wrong_range_sync,
	.wait = wrong_range_wait,
	.ctx = wrong_range_ctx,
};
TLB_SCHEME(wrong_range, wrong_range);
