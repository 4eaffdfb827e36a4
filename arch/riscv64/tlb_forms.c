/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/tlb_forms.c - SFENCE.VMA with each kind of operands, the same by Svinval, and the
 * remote fences of firmware, for the conformance tests (arch/tlb_form.h).
 *
 * Each is complete in one function.  The stores to the tables are visible to this hart before
 * (norm:sfence_vma_ordering), because the caller has acquired them.  "norm:" labels are those of
 * the RISC-V manual, Volume II.
 */
#include "trap.h"
#include <arch/arch.h>
#include <arch/insn.h>
#include <arch/tlb_form.h>
#include <kern/cpu.h>
#include <kern/feature.h>
#include <lib/assert.h>
#include <lib/printf.h>

/* ---- SFENCE.VMA ---- */
static void sfence(const struct tlb_named *n)
{
	(void)n;
	insn("sfence.vma");
}

static void sfence_va(const struct tlb_named *n)
{
	insn_on("sfence.vma %0", n->va);
}

static void sfence_asid(const struct tlb_named *n)
{
	insn_on("sfence.vma x0, %0", (u64)n->asid);
}

static void sfence_va_asid(const struct tlb_named *n)
{
	__asm__ volatile("sfence.vma %0, %1" ::"r"(n->va), "r"((u64)n->asid) : "memory");
}

#define BY_VA .by_va = true, .tables_stay = true, .erratum = "cip-1200"
TLB_FORM(sfence, "sfence", .rule = "norm:sfence_vma_all_asid_va", .run = sfence, .each_kind = true);
TLB_FORM(sfence_va, "sfence-va", .rule = "norm:sfence_vma_va_all_asid", .run = sfence_va, BY_VA,
	 .each_kind = true);
TLB_FORM(sfence_asid, "sfence-asid", .rule = "norm:sfence_vma_asid_only", .run = sfence_asid,
	 .by_asid = true, .global_stays = true);
TLB_FORM(sfence_va_asid, "sfence-va-asid", .rule = "norm:sfence_vma_va_asid", .run = sfence_va_asid,
	 BY_VA, .by_asid = true, .global_stays = true);

/* ---- Svinval: the three instructions are one SFENCE.VMA with the operands of the second ---- */
static bool has_svinval(char *reason, size_t size)
{
	if (isa_of_all() & ISA_SVINVAL)
		return true;
	snprintf(reason, size, "%s",
		 feature_bit_off(ISA_SVINVAL) ? "switched off by no=svinval"
					      : "a hart's riscv,isa does not name svinval");
	return false;
}

/* SFENCE.W.INVAL, SINVAL.VMA, SFENCE.INVAL.IR: as words, which every assembler knows. */
#define SINVAL(rs1, rs2, ...)                                                                      \
	__asm__ volatile(".word 0x18000073\n\t"                                                    \
			 ".insn r 0x73, 0, 0x0b, x0, " rs1 ", " rs2 "\n\t"                         \
			 ".word 0x18100073" ::__VA_ARGS__                                          \
			 : "memory")

static void sinval(const struct tlb_named *n)
{
	SINVAL("x0", "x0", "r"(n));
}

static void sinval_va(const struct tlb_named *n)
{
	SINVAL("%0", "x0", "r"(n->va));
}

static void sinval_asid(const struct tlb_named *n)
{
	SINVAL("x0", "%0", "r"((u64)n->asid));
}

static void sinval_va_asid(const struct tlb_named *n)
{
	SINVAL("%0", "%1", "r"(n->va), "r"((u64)n->asid));
}

#define BY_SVINVAL .usable = has_svinval, .rule = "norm:Svinval_sequence_rs1_rs2"
TLB_FORM(sinval, "sinval", BY_SVINVAL, .run = sinval);
TLB_FORM(sinval_va, "sinval-va", BY_SVINVAL, .run = sinval_va, BY_VA, .each_kind = true);
TLB_FORM(sinval_asid, "sinval-asid", BY_SVINVAL, .run = sinval_asid, .by_asid = true,
	 .global_stays = true);
TLB_FORM(sinval_va_asid, "sinval-va-asid", BY_SVINVAL, .run = sinval_va_asid, BY_VA,
	 .by_asid = true, .global_stays = true);

/* ---- SBI, "RFENCE Extension": firmware fences the other harts, this hart fences itself ---- */
enum { REMOTE_SFENCE_VMA = 1, REMOTE_SFENCE_VMA_ASID = 2 };
#define EVERYTHING (~0ul) /* a size; with it the start is 0 */

static void remote_sfence(u64 hart, u64 fid, u64 start, u64 size, u64 asid)
{
	register u64 a0 __asm__("a0") = 1;    /* a mask of one hart, ... */
	register u64 a1 __asm__("a1") = hart; /* ... its bit 0 */
	register u64 a2 __asm__("a2") = start;
	register u64 a3 __asm__("a3") = size;
	register u64 a4 __asm__("a4") = asid;
	register u64 a6 __asm__("a6") = fid;
	register u64 a7 __asm__("a7") = SBI_RFENCE;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
			 : "memory");
	ASSERT_OP(a0, ==, 0);
}

/*
 * Unshown (fence): the caller has acquired the stores, and firmware orders its own accesses
 * (tlb_local.c, tlb_sync()).
 */
static void remote(u64 fid, u64 start, u64 size, u64 asid)
{
	/* the stores to the tables before the fences of the other harts */
	insn("fence rw, rw");
	for (unsigned i = 0; i < cpus_nr; i++)
		if (other_cpus() & cpu_bit(i))
			remote_sfence(cpus[i].hwid, fid, start, size, asid);
}

static void sbi(const struct tlb_named *n)
{
	remote(REMOTE_SFENCE_VMA, 0, EVERYTHING, 0);
	sfence(n);
}

static void sbi_va(const struct tlb_named *n)
{
	remote(REMOTE_SFENCE_VMA, n->va & ~0xffful, 0x1000, 0);
	sfence_va(n);
}

static void sbi_asid(const struct tlb_named *n)
{
	remote(REMOTE_SFENCE_VMA_ASID, 0, EVERYTHING, n->asid);
	sfence_asid(n);
}

static void sbi_va_asid(const struct tlb_named *n)
{
	remote(REMOTE_SFENCE_VMA_ASID, n->va & ~0xffful, 0x1000, n->asid);
	sfence_va_asid(n);
}

#define BY_SBI .usable = sbi_fences, .everywhere = true
TLB_FORM(sbi, "sbi", BY_SBI, .rule = "SBI RFENCE, FID 1", .run = sbi, .each_kind = true);
TLB_FORM(sbi_va, "sbi-va", BY_SBI, .rule = "SBI RFENCE, FID 1", .run = sbi_va, BY_VA,
	 .each_kind = true);
TLB_FORM(sbi_asid, "sbi-asid", BY_SBI, .rule = "SBI RFENCE, FID 2", .run = sbi_asid,
	 .by_asid = true, .global_stays = true);
TLB_FORM(sbi_va_asid, "sbi-va-asid", BY_SBI, .rule = "SBI RFENCE, FID 2", .run = sbi_va_asid, BY_VA,
	 .by_asid = true, .global_stays = true);

/* No change of size needs a break: a hart may use the old entry or the new one (privileged
 * specification, "Supervisor Memory-Management Fence Instruction"). */
unsigned arch_bbm_level(void)
{
	return 3;
}
