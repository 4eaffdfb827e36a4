/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: cached entries that point to tables stay */
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static const struct tlb_scheme *other(void)
{
	return tlb_scheme_find("ipi", NULL);
}

static u32 wrong_walk_issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus,
			    u32 max_ops)
{
	struct pt_inval leaves = *req;

	leaves.walk = false;
	return other()->issue(&leaves, fmt, cpus, max_ops);
}

static void wrong_walk_sync(void)
{
	other()->sync();
}

static void wrong_walk_wait(void)
{
	other()->wait();
}

static void wrong_walk_ctx(void)
{
	other()->ctx();
}

static const struct tlb_scheme wrong_walk = {
	.s = { .name = "wrong-walk",
	       .claim = "cached entries that point to tables stay",
	       .promises = PROMISE_WALK },
	.issue = wrong_walk_issue,
	.sync = wrong_walk_sync,
	.wait = wrong_walk_wait,
	.ctx = wrong_walk_ctx,
};
TLB_SCHEME(wrong_walk, wrong_walk);
