/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/riscv.h - what PLIC, APLIC and IMSIC share: which harts a controller serves at
 * supervisor level.  Interrupts between harts are firmware's: arch_firmware_ipi().
 *
 * One table: a machine uses one controller, the one whose probe looked last.
 */
#pragma once
#include <kern/cpu.h>

#define RISCV_NO_HART (~0u)

/* Read the node's interrupts-extended: the place of each entry with interrupt 9 (supervisor
 * external) is an index, whatever the controller calls it.  Harts may have several entries or none;
 * those that are not in use are left out.  How many such entries there are, in use or not. */
unsigned riscv_harts_find(const void *fdt, int node);
u32 riscv_hart_index(u64 hwid); /* RISCV_NO_HART: not served */
