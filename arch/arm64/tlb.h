/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/tlb.h - what the back ends share: operations by VA or for everything, and barriers.
 *
 * Which operation (Arm ARM D8, "TLB maintenance instructions"): the last-level forms (VALE, VAALE)
 * leave cached table entries alone, so they serve only when no table was unhooked; the others drop
 * every cached entry that a walk for the VA would use.  Kernel leaves are global, and only the
 * all-ASID forms (VAA) reach entries of every ASID.
 */
#pragma once
#include <kern/cpu.h>
#include <mm/policy/policy.h>

/* All of these return the number of operations issued; tlbi_wait() waits for their completion. */
/* Everything of the request's ASID, or of every ASID; on this CPU alone, or broadcast. */
u32 tlbi_all(const struct pt_inval *, bool local);
/* By VA up to max_ops operations, above that everything. */
u32 tlbi_by_va(const struct pt_inval *, const struct pt_fmt *, bool local, u32 max_ops);
/* n operations by VA from lo on, `stride` bytes apart. */
u32 tlbi_each(const struct pt_inval *, vaddr_t lo, u64 n, u64 stride, bool local);
/* Errata of completion (errata.c): one more broadcast where a CPU of this machine needs it. */
u32 tlbi_repeat(void);

void tlbi_sync(void);
void tlbi_wait(void);
void tlbi_ctx(void);
/* The barriers of a struct tlb_scheme. */
#define TLB_BARRIERS .sync = tlbi_sync, .wait = tlbi_wait, .ctx = tlbi_ctx

static inline bool tlbi_is_local(cpumask_t cpus)
{
	return cpus == cpu_bit(this_cpu()->nr);
}
