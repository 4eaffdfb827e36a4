/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/tlb_ipi.c - tlb=ipi: every CPU of the set runs SFENCE.VMA in its interrupt handler.
 *
 * Needed where firmware's remote fence waits without letting other harts run (an emulator that
 * counts instructions runs its harts in turn).  One request a gather; ipi_call() returns when all
 * have answered.
 */
#include "trap.h"
#include <arch/arch.h>
#include <kern/cpu.h>
#include <mm/policy/policy.h>

static void fence_here(void *arg)
{
	const struct tlb_order *o = arg;

	tlb_fence_local(o->req, o->fmt, o->max_ops);
}

static u32 issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus, u32 max_ops)
{
	struct tlb_order o = { req, fmt, max_ops };

	ipi_call(cpus, fence_here, &o);
	return 1;
}

static const struct tlb_scheme ipi = {
	.s = { .name = "ipi",
	       .claim = "each CPU is interrupted and fences itself",
	       .linux_peer = "arch/riscv/mm/tlbflush.c, on_each_cpu_mask without SBI RFENCE",
	       .promises = PROMISE_ALL_CPUS | PROMISE_RANGE | PROMISE_COMPLETE | PROMISE_WALK },
	.issue = issue,
	TLB_BARRIERS,
};
TLB_SCHEME(ipi, ipi);
