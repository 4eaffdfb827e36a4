/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/tlb_firmware.c - tlb=sbi: this hart fences itself, firmware fences the others (SBI
 * RFENCE, remote_sfence_vma).  Registered before tlb=ipi, so it is the default.
 *
 * Not usable where an emulator counts instructions: it runs its harts in turn, and firmware's wait
 * for the other harts does not yield; that of tlb=ipi does.
 *
 * SBI specifies only that the IPI was sent ("IPI was sent to all the targeted harts").  The caller
 * needs two things more: each hart has fenced when the call returns, and the stores that it made
 * through the old entry are visible.  The caller cannot get these by a fence of its own.  So
 * tlb=sbi is used with firmware whose code is known to do both (docs/LIMITS.md).  With any other,
 * tlb=ipi is the default: every hart answers by a release that the caller acquires.
 *
 * KVM does the first alone.  It sends nothing to a vCPU that has left its guest.  The vCPU marks
 * that by a plain store after the guest's last one (Linux, arch/riscv/kvm/vcpu.c: vcpu->mode =
 * OUTSIDE_GUEST_MODE).  RVWMO does not order the two: the mode may be visible first.
 *
 * One request a gather for every 64 consecutive hart ids.  The form without ASID throughout; a
 * walk request is start = 0, size = 0, which firmware turns into SFENCE.VMA x0, x0.
 */
#include "trap.h"
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/emulator.h>
#include <lib/printf.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>

#define RFENCE_SFENCE_VMA 1

/* By implementation id (SBI specification, "Base Extension"). */
static bool firmware_waits(void)
{
	static const u8 known[] = { 1 /* OpenSBI */, 8 /* PolarFire HSS: OpenSBI */ };
	u64 id = sbi_base(SBI_BASE_IMPL_ID);

	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		if (id == known[i])
			return true;
	return false;
}

bool sbi_fences(char *reason, size_t size)
{
	const char *text = NULL;

	if (!sbi_has(SBI_RFENCE))
		text = "firmware has no SBI RFENCE extension";
	else if (!firmware_waits())
		text = "this firmware is not known to wait for the harts, and to order their "
		       "stores";
	else if (emulated_by_turns())
		/* Measured: with two harts a few calls did not end within a minute. */
		text = "counting instructions, the emulator runs no other hart while firmware "
		       "waits";
	if (text)
		snprintf(reason, size, "%s", text);
	return !text;
}

static u32 issue(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus, u32 max_ops)
{
	cpumask_t self = cpu_bit(this_cpu()->nr);
	u64 len = req->hi - req->lo; /* right also for hi == 0, the top */
	bool all = !len || tlb_wants_full(req, len >> fmt->page_shift, max_ops);
	u32 requests = 0;

	if (cpus & self)
		tlb_fence_local(req, fmt, max_ops);
	if (cpus & ~self)
		requests = sbi_for_harts(SBI_RFENCE, RFENCE_SFENCE_VMA, cpus & ~self,
					 all ? 0 : req->lo, all ? 0 : len);
	tlb_count(all, requests);
	return requests ? requests : 1;
}

static const struct tlb_scheme sbi = {
	.s = { .name = "sbi",
	       .claim = "firmware fences the other CPUs",
	       .linux_peer = "arch/riscv/kernel/sbi.c, sbi_remote_sfence_vma_asid",
	       .promises = PROMISE_ALL_CPUS | PROMISE_RANGE | PROMISE_COMPLETE | PROMISE_WALK },
	.usable = sbi_fences,
	.issue = issue,
	TLB_BARRIERS,
};
TLB_SCHEME(sbi, sbi);
