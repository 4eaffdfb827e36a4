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

/*
 * Unshown (dsb): the release of call_serve() orders stores through the entry before the answer, and
 * the DSB SY at the end of the interrupt (gic_handle() reads the controller again) completes the
 * TLBI. A CPU that serves the call by polling has no such DSB; it would have to use the mapping
 * before its next one.
 * Unshown (isb): the ERET at the end of the interrupt, or of the fault whose handler serves the
 * call by polling, is a context synchronization too (D1.4), and neither handler uses such a mapping
 * before it.
 */
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
