/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: a range longer than 32 MiB is not invalidated */
#include <kern/cpu.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static const struct tlb_scheme *other(void)
{
	return tlb_scheme_find("full", NULL);
}

static u32 wrong_long_issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus,
			    u32 max_ops)
{
	if (req->hi - req->lo > 32 * MiB)
		return 0;
	return other()->issue(req, fmt, cpus, max_ops);
}

static void wrong_long_sync(void)
{
	other()->sync();
}

static void wrong_long_wait(void)
{
	other()->wait();
}

static void wrong_long_ctx(void)
{
	other()->ctx();
}

static const struct tlb_scheme wrong_long = {
	.s = { .name = "wrong-long",
	       .claim = "a range longer than 32 MiB is not invalidated",
	       .promises = PROMISE_RANGE },
	.issue = wrong_long_issue,
	.sync = wrong_long_sync,
	.wait = wrong_long_wait,
	.ctx = wrong_long_ctx,
};
TLB_SCHEME(wrong_long, wrong_long);
