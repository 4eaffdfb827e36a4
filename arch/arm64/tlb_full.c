/* SPDX-License-Identifier: BSD-2-Clause */
/* arch/arm64/tlb_full.c - tlb=full: one broadcast for everything, whatever the range. */
#include <tlb.h>

static u32 issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus, u32 max_ops)
{
	bool local = tlbi_is_local(cpus);

	(void)fmt, (void)max_ops;
	return tlbi_all(req, local) + (local ? 0 : tlbi_repeat());
}

static const struct tlb_scheme full_scheme = {
	.s = { .name = "full",
	       .claim = "one TLBI for everything reaches every CPU",
	       .linux_peer = "arch/arm64/include/asm/tlbflush.h, flush_tlb_all",
	       .promises = PROMISE_ALL_CPUS | PROMISE_RANGE | PROMISE_COMPLETE | PROMISE_WALK },
	.issue = issue,
	TLB_BARRIERS,
};
TLB_SCHEME(full, full_scheme);
