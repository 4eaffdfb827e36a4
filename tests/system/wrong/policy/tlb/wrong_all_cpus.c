/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: only the requesting CPU is invalidated */
#include <kern/cpu.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static const struct tlb_scheme *other(void)
{
	return tlb_scheme_find("full", NULL);
}

static u32 wrong_all_cpus_issue(const struct pt_inval *req, const struct pt_fmt *fmt,
				cpumask_t cpus, u32 max_ops)
{
	(void)cpus;
	return other()->issue(req, fmt, cpu_bit(this_cpu()->nr), max_ops);
}

static void wrong_all_cpus_sync(void)
{
	other()->sync();
}

static void wrong_all_cpus_wait(void)
{
	other()->wait();
}

static void wrong_all_cpus_ctx(void)
{
	other()->ctx();
}

static const struct tlb_scheme wrong_all_cpus = {
	.s = { .name = "wrong-all-cpus",
	       .claim = "only the requesting CPU is invalidated",
	       .promises = PROMISE_ALL_CPUS },
	.issue = wrong_all_cpus_issue,
	.sync = wrong_all_cpus_sync,
	.wait = wrong_all_cpus_wait,
	.ctx = wrong_all_cpus_ctx,
};
TLB_SCHEME(wrong_all_cpus, wrong_all_cpus);
