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
	/* wrong=: of a fence with an address or an ASID */
	OTHER_SELECTOR = 8,    /* it uses the address and the ASID of another access */
	SATP_ASID = 16,        /* it uses the ASID of satp */
	VA_SPARES_GLOBAL = 32, /* with an address and every ASID, global entries stay */
	LARGE_GLOBAL = 64,     /* with an address, large global leaves stay */
	WRONG_TAG = 128,       /* with an ASID, large leaves and pointers to tables stay */
	ONE_PIECE = 256,       /* with an address, only a quarter of a large leaf is invalidated */
};

static inline bool errata_has(u32 effects)
{
	return __builtin_expect((errata_effects & effects) != 0, 0);
}
