/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/tlb_local.c - SFENCE.VMA on this hart and the barriers, the part all back ends
 * share.
 *
 * rs2 = x0 (every ASID): also right for leaves with G and for walk invalidations over a G path,
 * and the kernel has one tree.  rs1 = va invalidates only leaf entries, so a request for walk
 * caches is the full form (privileged spec, SFENCE.VMA).
 */
#include "errata.h"
#include "trap.h"
#include <arch/arch.h>
#include <arch/insn.h>
#include <lib/atomic.h>
#include <mm/pt/pt.h>

static struct arch_fences fences;

void tlb_count(bool full, u64 nr)
{
	atomic_fetch_add_relaxed(full ? &fences.full : &fences.by_address, nr);
}

bool arch_fences(struct arch_fences *out)
{
	out->by_address = atomic_load_relaxed(&fences.by_address);
	out->full = atomic_load_relaxed(&fences.full);
	return true;
}

bool tlb_wants_full(const struct pt_inval *req, u64 nr, u32 max_ops)
{
	return req->walk || nr > max_ops || errata_full_fences();
}

void tlb_fence_all(void)
{
	tlb_count(true, 1);
	/* earlier stores to tables before later walks; drops every cached entry of this hart */
	insn("sfence.vma");
}

static void fence_va(vaddr_t va)
{
	/* the same for the leaf that translates va, whatever its size */
	insn_on("sfence.vma %0", va);
}

/* Distance of the fences: the smallest leaf that was removed; a NAPOT run counts as pages. */
unsigned tlb_stride_shift(const struct pt_inval *req, const struct pt_fmt *fmt)
{
	for (unsigned l = 0; l < fmt->levels; l++)
		if (req->levels >> l & 1)
			return pt_shift(fmt, l);
	return fmt->page_shift;
}

u32 tlb_fence_local(const struct pt_inval *req, const struct pt_fmt *fmt, u32 max_ops)
{
	unsigned shift = tlb_stride_shift(req, fmt);
	vaddr_t lo = req->lo;
	u64 nr = ((req->hi - 1) >> shift) - (lo >> shift) + 1; /* hi == 0 is the top */

	if (tlb_wants_full(req, nr, max_ops)) {
		tlb_fence_all();
		return 1;
	}
	for (vaddr_t end = lo + (nr << shift); lo != end; lo += 1ul << shift)
		fence_va(lo);
	tlb_count(false, nr);
	return (u32)nr;
}

/*
 * Unshown (fence): firmware that guarantees no fence of the sender is not used for remote fences
 * (tlb_firmware.c usable()), and with tlb=ipi call_post() orders the same stores.
 */
void tlb_sync(void)
{
	/* Order the stores to cells before the request: the SFENCE.VMA of the remote hart does not
	 * order them. */
	insn("fence rw, rw");
}

/*
 * Empty: the request has returned only after the last hart fenced.  tlb=ipi and its kind acquire
 * each hart's answer (ipi_call()); firmware of tlb=sbi reads it before a fence (tlb_firmware.c).
 */
void tlb_wait(void)
{
}

/* A fence synchronises this hart's instruction fetches with the tables as well. */
void tlb_ctx(void)
{
}
