/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/tlb_ipi_full.c - tlb=full: every CPU of the set fences everything, whatever the
 * range.  One request a gather; ipi_call() returns when all have answered.
 */
#include "trap.h"
#include <arch/arch.h>
#include <kern/cpu.h>
#include <mm/policy/policy.h>

static void fence_all(void *arg)
{
	(void)arg;
	tlb_fence_all();
}

static u32 issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus, u32 max_ops)
{
	(void)req, (void)fmt, (void)max_ops;
	ipi_call(cpus, fence_all, NULL);
	return 1;
}

static const struct tlb_scheme full = {
	.s = { .name = "full",
	       .claim = "each CPU is interrupted and fences everything",
	       .linux_peer = "arch/riscv/mm/tlbflush.c, flush_tlb_all",
	       .promises = PROMISE_ALL_CPUS | PROMISE_RANGE | PROMISE_COMPLETE | PROMISE_WALK },
	.issue = issue,
	TLB_BARRIERS,
};
TLB_SCHEME(full, full);
