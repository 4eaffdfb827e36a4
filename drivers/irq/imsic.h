/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/imsic.h - addresses of the harts' interrupt files (riscv,imsics.yaml; RISC-V
 * Advanced Interrupt Architecture 1.0, 3.6), and the APLIC's hart indices computed from them.  CSRs
 * access the files themselves: arch/riscv64/irq_imsic.c.
 */
#pragma once
#include <drivers/device.h>

#define IMSIC_IDENTITIES_MIN 63u /* each file has at least 1 to 63 (3.1) */
#define IMSIC_IDENTITIES_MAX 2047u

/* Find the supervisor-level IMSICs to which this APLIC sends.  Returns the number of identities of
 * a file; 0: there is no usable IMSIC, or this CPU is not among the harts. */
u32 imsic_find(const struct device *aplic);
/* The hart's field of an APLIC `target`; false: the hart has no interrupt file. */
bool imsic_target(u64 hwid, u32 *target);
/* Physical address where a device writes an identity for this hart (3.6); PA_NONE: no file. */
paddr_t imsic_file(u64 hwid);
u32 imsic_phandle(void); /* after imsic_find() */
