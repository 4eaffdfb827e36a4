/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/tlb_svinval.c - tlb=svinval: every CPU of the set is interrupted and invalidates by
 * SINVAL.VMA, between one SFENCE.W.INVAL and one SFENCE.INVAL.IR for all addresses (Svinval).
 *
 * The instructions are written as words: not every assembler knows the mnemonics.
 */
#include "trap.h"
#include <arch/arch.h>
#include <arch/insn.h>
#include <kern/cpu.h>
#include <kern/feature.h>
#include <lib/printf.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

static void sinval_va(vaddr_t va)
{
	/* sinval.vma va, x0: the leaf that translates va, in every address space */
	insn_on(".insn r 0x73, 0, 0x0b, x0, %0, x0", va);
}

static void invalidate_here(void *arg)
{
	const struct tlb_order *o = arg;
	unsigned shift = tlb_stride_shift(o->req, o->fmt);
	u64 nr = ((o->req->hi - 1) >> shift) - (o->req->lo >> shift) + 1; /* hi == 0: the top */

	if (tlb_wants_full(o->req, nr, o->max_ops)) {
		tlb_fence_local(o->req, o->fmt, 0);
		return;
	}
	/* sfence.w.inval: earlier stores to tables before the invalidations */
	insn(".word 0x18000073");
	for (u64 i = 0; i < nr; i++)
		sinval_va(o->req->lo + (i << shift));
	tlb_count(false, nr);
	/* sfence.inval.ir: the invalidations before later walks and fetches */
	insn(".word 0x18100073");
}

static bool usable(char *reason, size_t size)
{
	if (isa_of_all() & ISA_SVINVAL)
		return true;
	snprintf(reason, size,
		 feature_bit_off(ISA_SVINVAL) ? "switched off by no=svinval"
					      : "a hart's riscv,isa does not name svinval");
	return false;
}

static u32 issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus, u32 max_ops)
{
	struct tlb_order o = { req, fmt, max_ops };

	ipi_call(cpus, invalidate_here, &o);
	return 1;
}

static const struct tlb_scheme svinval = {
	.s = { .name = "svinval",
	       .claim = "each CPU is interrupted; many SINVAL.VMA between two fences",
	       .linux_peer = "arch/riscv/mm/tlbflush.c, local_sinval_vma",
	       .promises = PROMISE_ALL_CPUS | PROMISE_RANGE | PROMISE_COMPLETE | PROMISE_WALK },
	.usable = usable,
	.issue = issue,
	TLB_BARRIERS,
};
TLB_SCHEME(svinval, svinval);
