/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: only the requesting CPU is invalidated */
#include <kern/cpu.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static const struct tlb_scheme *other(void)
{
	return tlb_scheme_find("full", NULL);
}

static u32 unsafe_scheme_issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus,
			       u32 max_ops)
{
	(void)cpus;
	return other()->issue(req, fmt, cpu_bit(this_cpu()->nr), max_ops);
}

static void unsafe_scheme_sync(void)
{
	other()->sync();
}

static void unsafe_scheme_wait(void)
{
	other()->wait();
}

static void unsafe_scheme_ctx(void)
{
	other()->ctx();
}

static const struct tlb_scheme unsafe_scheme = {
	.s = { .name = "unsafe",
	       .claim = "only the requesting CPU is invalidated",
	       .unsafe = "the other CPUs keep their entries",
	       .promises = PROMISE_ALL_CPUS },
	.issue = unsafe_scheme_issue,
	.sync = unsafe_scheme_sync,
	.wait = unsafe_scheme_wait,
	.ctx = unsafe_scheme_ctx,
};
TLB_SCHEME(unsafe_scheme, unsafe_scheme);
