/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/errata.h - the effects of erratum= on a hart.
 */
#pragma once
#include <machine/errata.h>

enum {
	LOST_ADDRESS = 1, /* SFENCE.VMA with an address may not invalidate it */
	LOST_LATER = 4,   /* LOST_ADDRESS from the first trap of U-mode on */
	SHORT_STVAL = 2,  /* stval of a fetch fault is not sign-extended */
};

static inline bool errata_has(u32 effects)
{
	return __builtin_expect((errata_effects & effects) != 0, 0);
}
