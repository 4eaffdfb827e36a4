/* SPDX-License-Identifier: BSD-2-Clause */
/* arch/arm64/sgi.h - the register value by which a GICv3 interrupts one CPU. */
#pragma once
#include <lib/types.h>

/*
 * ICC_SGI1R_EL1 (IHI 0069): Aff3 55:48, RS 47:44, IRM 40 clear, Aff2 39:32, SGI 27:24, Aff1 23:16,
 * list 15:0 of Aff0 from 16 * RS on.  hwid is MPIDR's Aff3 39:32, Aff2 to Aff0 23:0.
 */
static inline u64 gicv3_sgi(u64 hwid, unsigned sgi)
{
	return (hwid >> 32 & 255) << 48 | (hwid >> 4 & 15) << 44 | (hwid >> 16 & 255) << 32 |
	       (u64)(sgi & 15) << 24 | (hwid >> 8 & 255) << 16 | BIT(hwid & 15);
}
