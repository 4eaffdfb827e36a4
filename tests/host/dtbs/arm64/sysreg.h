/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/dtbs/arm64/sysreg.h - system registers of a CPU with a GICv3 interface
 * (ID_AA64PFR0_EL1.GIC, ICC_SRE_EL1.SRE), replaces arch/arm64/sysreg.h.
 */
#pragma once
#include <lib/types.h>

#define SYSREG_TEXT(name) #name
#define SYSREG_READ(name) (BIT(24) | 1)
#define SYSREG_WRITE(name, v) ((void)(v))

static inline unsigned id_field(u64 reg, unsigned shift)
{
	return reg >> shift & 15;
}

static inline void isb(void)
{
}
