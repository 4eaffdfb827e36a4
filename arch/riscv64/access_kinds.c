/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/access_kinds.c - kinds of access that may fault (enum arch_access); probe.S has
 * them.  An unaligned load may trap as such, and then it shows no translation.
 */
#include <arch/tlb_form.h>

int probe_exclusive(vaddr_t), probe_atomic(vaddr_t), probe_unaligned(vaddr_t);

static int (*const probe[ACCESS_KINDS])(vaddr_t) = {
	[ACCESS_EXCLUSIVE] = probe_exclusive,
	[ACCESS_ATOMIC] = probe_atomic,
	[ACCESS_UNALIGNED] = probe_unaligned,
};

int arch_probe_access(enum arch_access kind, vaddr_t va)
{
	return probe[kind](va);
}

const char *arch_lacks_access(enum arch_access kind)
{
	if (probe[kind])
		return NULL;
	return kind == ACCESS_PAIR ? "this architecture has no loads of pairs"
				   : "the kernel does not use Zicboz";
}
