/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/aplic.h - the sources of one supervisor-level interrupt domain of an APLIC (RISC-V
 * Advanced Interrupt Architecture 1.0, chapter 4), whichever way they reach the harts: directly
 * (aplic.c), or as messages to their IMSICs (arch/riscv64/irq_imsic.c).
 */
#pragma once
#include <drivers/device.h>

#define APLIC_MESSAGES true
#define APLIC_DIRECT false
#define APLIC_HART(index) ((u32)(index) << 18) /* of a target: hart index (4.5.16) */
#define APLIC_HART_MAX 0x3fffu

/* Take the domain over with every source inactive; -ENODEV: it is none that can be used. */
int aplic_take(struct device *, bool messages);
/* Source on, in the mode of its trigger, to this target.  False: the domain does not have it. */
bool aplic_source_on(u32 source, u32 flags, u32 target);
void aplic_source_off(u32 source);
/* Messages: a level that is still up after its message was served gets another one. */
void aplic_source_again(u32 source);
volatile u8 *aplic_idc(u32 hart_index); /* NULL: the registers do not reach that far */
u32 aplic_decode(const void *cells, int nr_cells, u32 *flags);
