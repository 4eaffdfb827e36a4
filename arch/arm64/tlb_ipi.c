/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/tlb_ipi.c - tlb=ipi: every CPU of the set is interrupted and invalidates its own TLB;
 * no operation is broadcast.  One request a gather; ipi_call() returns when all have answered.
 */
#include <arch/insn.h>
#include <tlb.h>

struct order {
	const struct pt_inval *req;
	const struct pt_fmt *fmt;
	u32 max_ops;
};

static void invalidate_here(void *arg)
{
	const struct order *o = arg;

	tlbi_by_va(o->req, o->fmt, true, o->max_ops);
	/* complete on this CPU, and instructions fetched through the old translation are dropped,
	 * before it answers */
	insn("dsb nsh");
	insn("isb");
}

static u32 issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus, u32 max_ops)
{
	struct order o = { req, fmt, max_ops };

	if (tlbi_is_local(cpus))
		invalidate_here(&o);
	else
		ipi_call(cpus, invalidate_here, &o);
	return 1;
}

static const struct tlb_scheme ipi_scheme = {
	.s = { .name = "ipi",
	       .claim = "each CPU is interrupted and invalidates its own TLB",
	       .linux_peer = "none: arm64 broadcasts",
	       .promises = PROMISE_ALL_CPUS | PROMISE_RANGE | PROMISE_COMPLETE | PROMISE_WALK },
	.issue = issue,
	TLB_BARRIERS,
};
TLB_SCHEME(ipi, ipi_scheme);
