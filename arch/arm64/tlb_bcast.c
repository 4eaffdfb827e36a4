/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/tlb_bcast.c - tlb=bcast: TLBI by VA, broadcast to the inner shareable domain; the
 * default.
 */
#include <tlb.h>

static u32 issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus, u32 max_ops)
{
	if (tlbi_is_local(cpus))
		return tlbi_by_va(req, fmt, true, max_ops);
	return tlbi_by_va(req, fmt, false, max_ops) + tlbi_repeat();
}

static const struct tlb_scheme bcast_scheme = {
	.s = { .name = "bcast",
	       .claim = "TLBI by VA for each leaf, one full TLBI above tlb-max",
	       .linux_peer = "arch/arm64/include/asm/tlbflush.h, flush_tlb_kernel_range",
	       .promises = PROMISE_ALL_CPUS | PROMISE_RANGE | PROMISE_COMPLETE | PROMISE_WALK },
	.issue = issue,
	TLB_BARRIERS,
};
TLB_SCHEME(bcast, bcast_scheme);
