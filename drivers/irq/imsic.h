/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/imsic.h - where the interrupt files of the harts are (riscv,imsics.yaml; RISC-V
 * Advanced Interrupt Architecture 1.0, 3.6), which is what an APLIC calls the harts by.  The files
 * themselves are reached by CSRs: arch/riscv64/irq_imsic.c.
 */
#pragma once
#include <drivers/device.h>

#define IMSIC_IDENTITIES_MIN 63u /* each file has these, 1 to 63 (3.1) */
#define IMSIC_IDENTITIES_MAX 2047u

/* The supervisor's IMSICs that this APLIC sends to: how many identities a file has, 0: none that
 * can be used, or this CPU is not among their harts. */
u32 imsic_find(const struct device *aplic);
/* The hart in a `target` of the APLIC; false: it has no file there. */
bool imsic_target(u64 hwid, u32 *target);
/* Where a device writes an identity to, for this hart (3.6); PA_NONE: it has no file there. */
paddr_t imsic_file(u64 hwid);
u32 imsic_phandle(void);
