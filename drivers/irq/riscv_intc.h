/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/riscv_intc.h - shared by PLIC, APLIC and IMSIC: which harts a controller serves at
 * supervisor level.  IPIs go through firmware: arch_firmware_ipi().
 *
 * There is one table, filled by the controller that was probed last: a machine uses one.
 */
#pragma once
#include <kern/cpu.h>

#define RISCV_NO_HART (~0u)

/*
 * Read a controller's interrupts-extended: the position of each entry with interrupt 9
 * (supervisor external) is the hart's index, whatever the controller calls it; an APLIC whose
 * indexes are sparse has riscv,hart-indexes, an index for each entry.  A hart may have
 * several entries (the first counts) or none; CPUs that are not in use are left out.  Returns
 * the number of such entries, in use or not.
 */
unsigned riscv_harts_find(const void *fdt, int node);
u32 riscv_hart_index(u64 hwid); /* index of a hart; RISCV_NO_HART: not served */
