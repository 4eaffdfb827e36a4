/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: only every eighth request is executed */
#include <kern/cpu.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static const struct tlb_scheme *other(void)
{
	return tlb_scheme_find("full", NULL);
}

static u32 wrong_complete_issue(const struct pt_inval *req, const struct pt_fmt *fmt,
				cpumask_t cpus, u32 max_ops)
{
	static u32 requests;

	if (++requests % 8)
		return 0;
	return other()->issue(req, fmt, cpus, max_ops);
}

static void wrong_complete_sync(void)
{
	other()->sync();
}

static void wrong_complete_wait(void)
{
	other()->wait();
}

static void wrong_complete_ctx(void)
{
	other()->ctx();
}

static const struct tlb_scheme wrong_complete = {
	.s = { .name = "wrong-complete",
	       .claim = "only every eighth request is executed",
	       .promises = PROMISE_COMPLETE },
	.issue = wrong_complete_issue,
	.sync = wrong_complete_sync,
	.wait = wrong_complete_wait,
	.ctx = wrong_complete_ctx,
};
TLB_SCHEME(wrong_complete, wrong_complete);
