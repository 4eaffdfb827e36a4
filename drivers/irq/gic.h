/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/gic.h - shared by GICv2 and GICv3: interrupt numbers, priorities, triggers, and
 * the loop that handles pending interrupts.
 */
#pragma once
#include <arch/arch.h>
#include <drivers/irq/irq.h>
#include <kern/cpu.h>
#include <lib/types.h>

#define GIC_SPI_END 1020 /* 1020..1023 are special INTIDs: no interrupt is pending */
#define GIC_NOTHING 1023u
#define GIC_PRIORITY_X4 0xa0a0a0a0u /* one priority for all, higher than the mask 0xf0 */
#define GIC_TRIGGER_EDGE 3u         /* device tree: 1 rising, 2 falling edge; 4, 8 level */

/* Slot `decode` of struct irqchip: `interrupts` of arm,gic.yaml: kind (0 SPI, 1 PPI), number
 * within the kind, trigger; ~0: malformed. */
static inline u32 gic_decode(const void *cells, int nr_cells, u32 *flags)
{
	const u8 *p = cells;
	u32 v[3];

	if (nr_cells < 3)
		return ~0u;
	for (int i = 0; i < 3; i++, p += 4)
		v[i] = (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
	*flags = v[2] & 15;
	if (v[0] == 0 && v[1] < GIC_SPI_END - 32)
		return v[1] + 32;
	if (v[0] == 1 && v[1] < 16)
		return v[1] + 16;
	return ~0u;
}

/* Set the trigger in ICFGR: two bits per interrupt, the upper one is edge-triggered.  SGIs have no
 * such bits; a PPI may ignore the write.  The interrupt must be disabled. */
static inline void gic_set_trigger(volatile u8 *icfgr, u32 irq, u32 flags)
{
	volatile u8 *reg = icfgr + irq / 16 * 4;
	u32 bit = 2u << irq % 16 * 2, old;

	if (irq < 16)
		return;
	old = mmio_read32(reg);
	mmio_write32(reg, flags & GIC_TRIGGER_EDGE ? old | bit : old & ~bit);
}

/*
 * The operations that differ between GICv2 and GICv3.  acknowledge() returns a value that end_of()
 * gets unchanged; its bits `mask` are the interrupt number.
 */
struct gic_cpu {
	u32 (*acknowledge)(void);
	void (*end_of)(u32 ack); /* complete before the next access of this CPU */
	u32 mask;
	u32 *acked; /* by CPU: acknowledged and not ended, or 0 */
};

/* Slot `quiesce`: end the interrupt whose handler a crash interrupted on this CPU. */
static inline void gic_quiesce(const struct gic_cpu *gic)
{
	u32 *ack = &gic->acked[this_cpu()->nr];

	if (*ack)
		gic->end_of(*ack);
	*ack = 0;
}

/* Slot `handle`, in the interrupt of any CPU: handle all pending interrupts. */
static inline void gic_handle(const struct gic_cpu *gic)
{
	for (;;) {
		u32 ack = gic->acknowledge(), irq = ack & gic->mask;

		if (irq >= GIC_SPI_END)
			return;
		if (irq < 16) {
			/* end it first: a later request raises it again */
			gic->end_of(ack);
			ipi_handle();
		} else {
			gic->acked[this_cpu()->nr] = ack;
			irq_dispatch(irq);
			gic_quiesce(gic);
		}
	}
}
