// SPDX-License-Identifier: BSD-2-Clause
/*
 * arch/riscv64/tlb_ipi_full.c - tlb=full: every CPU of the set fences everything, whatever the
 * range.  One request a gather; ipi_call() returns when all have answered.
 */
#include "trap.h"
#include <arch/arch.h>
#include <kern/cpu.h>
#include <mm/policy.h>

static void fence_all(void *arg)
{
	(void)arg;
	/* earlier stores to tables before later walks; every cached entry of this hart goes */
	__asm__ volatile("sfence.vma" ::: "memory");
}

static u32 issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus, u32 max_ops)
{
	(void)req, (void)fmt, (void)max_ops;
	if (cpus == cpu_bit(this_cpu()->nr))
		fence_all(NULL);
	else
		ipi_call(cpus, fence_all, NULL);
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

static const struct tlb_scheme full = {
	.s = { .name = "full",
	       .claim = "each CPU is interrupted and fences everything",
	       .linux_peer = "arch/riscv/mm/tlbflush.c, flush_tlb_all",
	       .promises = PROMISE_ALL_CPUS | PROMISE_BEFORE_FREE | PROMISE_WALK },
	.issue = issue,
	.sync = sync,
	.wait = wait,
	.ctx = ctx,
};
TLB_SCHEME(full, full);
