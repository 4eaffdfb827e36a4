// SPDX-License-Identifier: BSD-2-Clause
/*
 * arch/riscv64/errata.c - rows of published errata, by mvendorid, marchid and mimpid.  One affected
 * hart is enough: a request goes to all of them in one form.
 *
 * CIP-1200 (SiFive): SFENCE.VMA with an address may leave what it names; without one it is right.
 * Which harts: Linux, arch/riscv/errata/sifive/errata.c, errata_cip_1200_check_func().
 */
#include "errata.h"
#include "trap.h"
#include <arch/arch.h>
#include <lib/string.h>

#define SIFIVE 0x489
#define MIMPID_DATE 0xffffffull /* the low part, yymmdd */

struct hart_ids {
	u64 vendor, arch, date_max, not_imp;
};

static const struct hart_ids cip_1200[] = {
	{ SIFIVE, 0x8000000000000007, 0x200630, 0x1200626 }, /* U74 and the like */
	{ SIFIVE, 0x1, 0x200630, 0x1200626 },                /* U54 and the like */
};

static bool full, forced;

void errata_this_cpu(void)
{
	u64 vendor = sbi_base(SBI_BASE_MVENDORID), arch = sbi_base(SBI_BASE_MARCHID);
	u64 imp = sbi_base(SBI_BASE_MIMPID);

	for (size_t i = 0; i < ARRAY_SIZE(cip_1200); i++) {
		const struct hart_ids *h = &cip_1200[i];

		if (vendor == h->vendor && arch == h->arch && imp != h->not_imp &&
		    (imp & MIMPID_DATE) <= h->date_max)
			__atomic_store_n(&full, true, __ATOMIC_RELAXED);
	}
}

bool errata_full_fences(void)
{
	return __atomic_load_n(&full, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&forced, __ATOMIC_RELAXED);
}

int arch_errata_force(const char *text, struct why *why)
{
	if (strcmp(text, "+cip-1200"))
		return refuse(why, EINVAL, "errata=%s: there is +cip-1200", text);
	__atomic_store_n(&forced, true, __ATOMIC_RELAXED);
	return 0;
}

const char *arch_errata_applied(void)
{
	return errata_full_fences() ? "cip-1200" : "";
}

bool arch_errata_repeat(void)
{
	return false;
}
