// SPDX-License-Identifier: BSD-2-Clause
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
#include <mm/policy.h>

struct order {
	const struct pt_inval *req;
	const struct pt_fmt *fmt;
	u32 max_ops;
};

static void fence_here(void *arg)
{
	const struct order *o = arg;

	tlb_fence_local(o->req, o->fmt, o->max_ops);
}

static u32 issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus, u32 max_ops)
{
	struct order o = { req, fmt, max_ops };

	if (cpus == cpu_bit(this_cpu()->nr))
		fence_here(&o);
	else
		ipi_call(cpus, fence_here, &o);
	return 1;
}

static void sync(void)
{
	/* stores to cells before the request: the receiver's SFENCE.VMA orders only its own walks
	 */
	arch_mb();
}

/* Nothing left to wait for: ipi_call() returned after the last SFENCE.VMA. */
static void wait(void)
{
}

/* SFENCE.VMA synchronises this hart's instruction fetches with the tables as well. */
static void ctx(void)
{
}

static const struct tlb_scheme ipi = {
	.s = { .name = "ipi",
	       .claim = "each CPU is interrupted and fences itself",
	       .linux_peer = "arch/riscv/mm/tlbflush.c, on_each_cpu_mask without SBI RFENCE",
	       .promises = PROMISE_ALL_CPUS | PROMISE_BEFORE_FREE | PROMISE_WALK },
	.issue = issue,
	.sync = sync,
	.wait = wait,
	.ctx = ctx,
};
TLB_SCHEME(ipi, ipi);
