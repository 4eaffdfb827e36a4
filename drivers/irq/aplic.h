/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/aplic.h - the sources of one supervisor-level interrupt domain of an APLIC (RISC-V
 * Advanced Interrupt Architecture 1.0, chapter 4), for both ways of delivery: directly to harts
 * (aplic.c), or as messages to their IMSICs (arch/riscv64/irq_imsic.c).
 *
 * One domain.  The boot CPU initialises it and enables and disables sources; aplic_source_again()
 * and aplic_source_off() also run in the interrupt handler of the CPU that receives the source.
 */
#pragma once
#include <drivers/device.h>

#define APLIC_MESSAGES true
#define APLIC_DIRECT false
#define APLIC_HART(index) ((u32)(index) << 18) /* hart index of a target (4.5.16) */
#define APLIC_HART_MAX 0x3fffu

/* Use the domain of this device, with every source inactive.  `messages`: APLIC_MESSAGES or
 * APLIC_DIRECT.  -ENODEV: no registers, no sources, or not this delivery mode. */
int aplic_init(struct device *, bool messages);
/* Activate a source with the mode of its trigger (`flags`: IRQ_TRIGGER) and this target, and
 * enable it.  False: the domain does not have the source, or not this trigger (logged). */
bool aplic_source_on(u32 source, u32 flags, u32 target);
/* Disable a source; it keeps its mode and target. */
void aplic_source_off(u32 source);
/* Message delivery only, after the handler of a level-sensitive source: send another message if the
 * wire is still asserted. */
void aplic_source_again(u32 source);
volatile u8 *aplic_idc(u32 hart_index); /* delivery registers; NULL: beyond the mapped ones */
/* Slot `decode` of struct irqchip: source number and trigger; ~0: too few cells. */
u32 aplic_decode(const void *cells, int nr_cells, u32 *flags);
