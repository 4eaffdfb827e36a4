/* SPDX-License-Identifier: BSD-2-Clause */
/* arch/arm64/access_kinds.c - kinds of access that may fault (enum arch_access); probe.S has them.
 */
#include <arch/tlb_form.h>
#include <sysreg.h>

int probe_pair(vaddr_t), probe_exclusive(vaddr_t), probe_atomic(vaddr_t);
int probe_unaligned(vaddr_t), probe_zero(vaddr_t);

int arch_probe_access(enum arch_access kind, vaddr_t va)
{
	static int (*const probe[ACCESS_KINDS])(vaddr_t) = {
		[ACCESS_PAIR] = probe_pair,           [ACCESS_EXCLUSIVE] = probe_exclusive,
		[ACCESS_ATOMIC] = probe_atomic,       [ACCESS_ZERO] = probe_zero,
		[ACCESS_UNALIGNED] = probe_unaligned,
	};

	return probe[kind](va);
}

const char *arch_lacks_access(enum arch_access kind)
{
	if (kind == ACCESS_ATOMIC && id_field(SYSREG_READ(id_aa64isar0_el1), 20) < 2)
		return "needs ID_AA64ISAR0_EL1.Atomic (FEAT_LSE)";
	if (kind == ACCESS_ZERO && (SYSREG_READ(dczid_el0) & 16))
		return "DCZID_EL0.DZP: DC ZVA is prohibited";
	return NULL;
}
