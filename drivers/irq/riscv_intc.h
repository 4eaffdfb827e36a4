/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/riscv_intc.h - shared by PLIC, APLIC and IMSIC: the harts that a controller serves at
 * supervisor level.  Firmware sends IPIs: arch_firmware_ipi().
 *
 * There is one table, filled by the controller that was probed last: a machine uses one controller.
 */
#pragma once
#include <kern/cpu.h>

#define RISCV_NO_HART (~0u)

/*
 * Read a controller's interrupts-extended: the position of an entry with interrupt 9 (supervisor
 * external) is the index of its hart (context, hart index or file); an APLIC with sparse indexes
 * has riscv,hart-indexes, an index for each entry.  A hart may have several entries (the first is
 * used) or none; CPUs that are not in use are left out.  Returns the number of entries with
 * interrupt 9, in use or not.
 */
unsigned riscv_harts_find(const void *fdt, int node);
u32 riscv_hart_index(u64 hwid); /* index of a hart; RISCV_NO_HART: not served */
