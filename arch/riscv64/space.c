/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/space.c - address spaces: satp with an ASID.  The one file whose fences name one
 * (tools/hotplate lint text).
 */
#include "errata.h"
#include "trap.h"
#include <arch/arch.h>
#include <lib/assert.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt.h>

/*
 * Entries under another ASID cannot be hit.  A space has the kernel's ASID only if harts implement
 * no ASID bits: then entries of the last root are dropped, except global entries, which all roots
 * share.  (Privileged spec, satp: a change of ASID needs no fence by itself.)
 */
void arch_space_load(const struct pt *pt)
{
	csr_write(satp, mmu_satp(pt));
	ASSERT_OP(csr_read(satp), ==, mmu_satp(pt));
	if (!pt->asid)
		arch_space_sync(0);
}

void arch_space_leave(const struct pt *kernel)
{
	unsigned asid;

	arch_space_root(&asid);
	csr_write(satp, mmu_satp(kernel));
	if (!asid)
		arch_space_sync(0);
}

/*
 * "Writing satp does not imply any ordering constraints between page-table updates and subsequent
 * address translations" (privileged spec, satp): this fence does, for one ASID, at every level.
 * With CIP-1200 only a fence without operands is effective.
 * Unshown (sfence.vma): the form without operands is for the erratum CIP-1200, which this CPU does
 * not have.
 */
void arch_space_sync(unsigned asid)
{
	if (errata_full_fences())
		__asm__ volatile("sfence.vma" ::: "memory");
	else
		__asm__ volatile("sfence.vma x0, %0" ::"r"((u64)asid) : "memory");
}

paddr_t arch_space_root(unsigned *asid)
{
	paddr_t root = arch_current_root();

	*asid = (unsigned)(csr_read(satp) >> SATP_ASID_SHIFT & SATP_ASID_MASK);
	return root == kpt.root ? PA_NONE : root;
}
