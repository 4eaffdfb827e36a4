/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/errata.c - rows of published errata, by mvendorid, marchid and mimpid.  One affected
 * hart is enough: a request has the same form for all of them.
 *
 * CIP-1200 (SiFive): SFENCE.VMA with an address may not invalidate that address; without one it is
 * correct.
 * Which harts: Linux, arch/riscv/errata/sifive/errata.c, errata_cip_1200_check_func().
 *
 * CIP-453 (SiFive): stval of an instruction page fault or access fault is not sign-extended.  Harts
 * and remedy: the same file, errata_cip_453_check_func(), and errata_cip_453.S.
 *
 * T-Head's first cores have marchid and mimpid 0 (Linux, arch/riscv/errata/thead/errata.c).  With
 * MAEE set they read entries differently; boot/riscv64.S stops before it writes one.
 */
#include "errata.h"
#include "trap.h"
#include <arch/arch.h>
#include <kern/cpu_id.h>
#include <kern/emulator.h>
#include <kern/errata.h>

#define SIFIVE 0x489
#define T_HEAD 0x5b7
#define MIMPID_DATE 0xfffffful /* the low part, yymmdd */

struct hart_ids {
	u64 vendor, arch, date_max;
	u64 other; /* cip-1200: a mimpid that is not affected; cip-453: the first that is */
};

static const struct hart_ids cip_1200[] = {
	{ SIFIVE, 0x8000000000000007, 0x200630, 0x1200626 }, /* U74 and the like */
	{ SIFIVE, 0x1, 0x200630, 0x1200626 },                /* U54 and the like */
};

static const struct hart_ids cip_453 = { SIFIVE, 0x8000000000000007, 0x20191105, 0x20181004 };

enum { CIP_1200, CIP_453, THEAD, LOST_TIMER, ROWS };
_Static_assert(ROWS < ERRATA_MAX, "a flag each");

static bool needs_cip_1200(u64 vendor, u64 arch, u64 imp)
{
	for (size_t i = 0; i < ARRAY_SIZE(cip_1200); i++) {
		const struct hart_ids *h = &cip_1200[i];

		if (vendor == h->vendor && arch == h->arch && imp != h->other &&
		    (imp & MIMPID_DATE) <= h->date_max)
			return true;
	}
	return false;
}

void errata_this_cpu(void)
{
	u64 vendor = cpu_as_if(0, sbi_base(SBI_BASE_MVENDORID));
	u64 arch = cpu_as_if(1, sbi_base(SBI_BASE_MARCHID));
	u64 imp = cpu_as_if(2, sbi_base(SBI_BASE_MIMPID));

	if (needs_cip_1200(vendor, arch, imp))
		erratum_apply(CIP_1200);
	if (vendor == cip_453.vendor && arch == cip_453.arch && imp >= cip_453.other &&
	    imp <= cip_453.date_max)
		erratum_apply(CIP_453);
	if (vendor == T_HEAD && !arch && !imp)
		erratum_apply(THEAD);
}

void errata_this_timer(void)
{
	if (emulated_cpu())
		erratum_apply(LOST_TIMER);
}

bool errata_full_fences(void)
{
	return erratum_on(CIP_1200);
}

bool errata_lost_timer(void)
{
	return erratum_on(LOST_TIMER);
}

/* The affected harts implement Sv39 only, so bit 38 is the sign. */
vaddr_t arch_fetch_fault_va(vaddr_t reported)
{
	return erratum_on(CIP_453) && (reported & BIT(38)) ? reported | ~(BIT(39) - 1) : reported;
}

void arch_errata_changed(void)
{
	/* nothing is derived from the rows: each is checked where it matters */
}

const struct erratum arch_errata[] = {
	[CIP_1200] = { .name = "cip-1200",
		       .numbers = "SiFive CIP-1200",
		       .effect = "a fence by address may not invalidate that address",
		       .remedy = "every fence is a full one",
		       .tlb = true },
	[CIP_453] = { .name = "cip-453",
		      .numbers = "SiFive CIP-453",
		      .effect = "the address of a fetch fault is not sign-extended",
		      .remedy = "it is extended from bit 38, at every such fault" },
	[THEAD] = { .name = "thead-attributes",
		    .numbers = "T-Head C906 and C910, XTheadMae",
		    .effect = "with MAEE set, bits 63 to 59 of an entry are memory attributes",
		    .remedy = "it is clear, or cannot be read: boot stops if it is set",
		    .nothing = true },
	[LOST_TIMER] = { .name = "lost-timer",
			 .numbers = "QEMU 7.2",
			 .effect = "a snapshot may lack it",
			 .remedy = "late ticks are set again" },
	[ROWS] = { .name = NULL },
};

bool arch_cleans(struct arch_cleans *out)
{
	(void)out;
	return false;
}

bool arch_errata_repeat(void)
{
	return false;
}
