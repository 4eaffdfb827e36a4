/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/gicv2.c - Arm Generic Interrupt Controller v2 (Arm IHI 0048), by MMIO only.
 *
 * SGI 0 is the IPI.  The target bit of a CPU is the bit that it reads in its own banked ITARGETSR,
 * which need not be its number.  EOImode 0: EOIR drops the priority and deactivates.  All
 * interrupts are in group 0 in the non-secure view.  With security states that is group 1, and the
 * group registers ignore the writes; without, firmware may have left interrupts in group 1.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/irq/gic.h>
#include <drivers/irq/gicv2m.h>
#include <kern/cpu.h>

enum { /* distributor */
       GICD_CTLR = 0x000,
       GICD_TYPER = 0x004,
       GICD_IGROUPR = 0x080,
       GICD_ISENABLER = 0x100,
       GICD_ICENABLER = 0x180,
       GICD_ICPENDR = 0x280,
       GICD_ICACTIVER = 0x380,
       GICD_IPRIORITYR = 0x400,
       GICD_ITARGETSR = 0x800,
       GICD_ICFGR = 0xc00,
       GICD_SGIR = 0xf00,
};
enum {
	GICC_CTLR = 0x00,
	GICC_PMR = 0x04,
	GICC_BPR = 0x08,
	GICC_IAR = 0x0c,
	GICC_EOIR = 0x10,
	GICC_APR = 0xd0
};

#define APRS 4               /* unimplemented ones ignore writes (IHI 0048, 4.4.9) */
#define BYPASS_DISABLE 0x1e0 /* bits of GICC_CTLR that are not changed */

static volatile u8 *dist, *cpu_if;
static unsigned irqs_nr;
static u32 acked[CPUS_MAX]; /* acknowledged and not ended; 0: none (SGIs are not recorded) */
static u8 target[CPUS_MAX]; /* this CPU's bit in ITARGETSR and SGIR */

/* The distributor: all SPIs disabled, inactive, in group 0, with equal priority. */
static int probe(struct device *d)
{
	if (d->nr_regs < 2 || !d->regs[0] || !d->regs[1])
		return -ENODEV;
	dist = (volatile u8 *)d->regs[0];
	cpu_if = (volatile u8 *)d->regs[1];
	irqs_nr = ((mmio_read32(dist + GICD_TYPER) & 31) + 1) * 32;
	if (irqs_nr > GIC_SPI_END)
		irqs_nr = GIC_SPI_END;
	mmio_write32(dist + GICD_CTLR, 0);
	for (unsigned irq = 32; irq < irqs_nr; irq += 32) {
		mmio_write32(dist + GICD_ICENABLER + irq / 8, ~0u);
		mmio_write32(dist + GICD_ICPENDR + irq / 8, ~0u);
		mmio_write32(dist + GICD_ICACTIVER + irq / 8, ~0u);
		mmio_write32(dist + GICD_IGROUPR + irq / 8, 0);
	}
	for (unsigned irq = 32; irq < irqs_nr; irq += 4)
		mmio_write32(dist + GICD_IPRIORITYR + irq, GIC_PRIORITY_X4);
	mmio_write32(dist + GICD_CTLR, 1);
	gicv2m_find(d);
	return 0;
}

/* The banked registers of interrupts 0..31 and the CPU interface belong to the calling CPU. */
static void cpu_init(void)
{
	u32 t = mmio_read32(dist + GICD_ITARGETSR);

	/* all four bytes are equal; 0 on a uniprocessor, which needs no target */
	target[this_cpu()->nr] = (u8)(t | t >> 8 | t >> 16 | t >> 24);
	mmio_write32(dist + GICD_IGROUPR, 0);
	mmio_write32(dist + GICD_ICENABLER, 0xffff0000);
	mmio_write32(dist + GICD_ICPENDR, 0xffff0000);
	mmio_write32(dist + GICD_ICACTIVER, ~0u);
	for (unsigned irq = 0; irq < 32; irq += 4)
		mmio_write32(dist + GICD_IPRIORITYR + irq, GIC_PRIORITY_X4);
	mmio_write32(dist + GICD_ISENABLER, 0x0000ffff); /* SGIs; read-only on some GICs */
	/* an interrupt that earlier software left active would mask this priority for ever */
	for (unsigned n = 0; n < APRS; n++)
		mmio_write32(cpu_if + GICC_APR + 4 * n, 0);
	mmio_write32(cpu_if + GICC_PMR, 0xf0);
	mmio_write32(cpu_if + GICC_BPR, 0);
	mmio_write32(cpu_if + GICC_CTLR, (mmio_read32(cpu_if + GICC_CTLR) & BYPASS_DISABLE) | 1);
}

/* Send an SPI to one CPU. */
static void route(u32 irq, unsigned cpu)
{
	mmio_write8(dist + GICD_ITARGETSR + irq, target[cpu] ? target[cpu] : 1);
}

static void enable(u32 irq, u32 flags, unsigned cpu)
{
	if (irq >= irqs_nr)
		return;
	/* ICFGR may only change while the interrupt is disabled (IHI 0048, 4.3.13) */
	mmio_write32(dist + GICD_ICENABLER + irq / 32 * 4, 1u << irq % 32);
	gic_set_trigger(dist + GICD_ICFGR, irq, flags);
	if (irq >= 32)
		route(irq, cpu);
	mmio_write32(dist + GICD_ISENABLER + irq / 32 * 4, 1u << irq % 32);
}

static void disable(u32 irq)
{
	if (irq < irqs_nr)
		mmio_write32(dist + GICD_ICENABLER + irq / 32 * 4, 1u << irq % 32);
}

/* Clear the pending state: the new owner must not receive a message of the former owner. */
static u32 message_alloc(void)
{
	u32 irq = gicv2m_alloc();

	if (irq < irqs_nr)
		mmio_write32(dist + GICD_ICPENDR + irq / 32 * 4, 1u << irq % 32);
	return irq < irqs_nr ? irq : ~0u;
}

/* A message raises the SPI whose number is its data; ITARGETSR selects the CPU. */
static bool message_aim(u32 irq, unsigned cpu, struct irq_message *m)
{
	route(irq, cpu);
	*m = (struct irq_message) { gicv2m_address(), irq };
	return true;
}

static const struct irq_messages messages = {
	.controller = gicv2m_phandle,
	.alloc = message_alloc,
	.free = gicv2m_free,
	.aim = message_aim,
};

static u32 acknowledge(void)
{
	return mmio_read32(cpu_if + GICC_IAR);
}

/* Slot of struct gic_cpu. */
static void end_of(u32 ack)
{
	mmio_write32(cpu_if + GICC_EOIR, ack);
	arch_io_mb(); /* the end is complete before ipi_handle() reads the requests */
}

static const struct gic_cpu gic = { acknowledge, end_of, 0x3ff, acked };

static void quiesce(void)
{
	gic_quiesce(&gic);
}

static void handle(void)
{
	gic_handle(&gic);
}

/* One write sends SGI 0 to all CPUs of the list. */
static void ipi(cpumask_t cpus_mask)
{
	u32 list = 0;

	for (unsigned n = 0; cpus_mask; cpus_mask >>= 1, n++)
		if (cpus_mask & 1)
			list |= target[n];
	if (list) /* an empty list is reserved */
		mmio_write32(dist + GICD_SGIR, list << 16);
}

static const char *const compatible[] = { "arm,cortex-a15-gic",
					  "arm,gic-400",
					  "arm,cortex-a9-gic",
					  "arm,cortex-a7-gic",
					  "arm,eb11mp-gic",
					  "qcom,msm-qgic2",
					  NULL };

static const struct irqchip chip = {
	.compatible = compatible,
	.name = "GICv2",
	.probe = probe,
	.cpu_init = cpu_init,
	.enable = enable,
	.disable = disable,
	.handle = handle,
	.ipi = ipi,
	.quiesce = quiesce,
	.decode = gic_decode,
	.messages = &messages,
};
IRQCHIP(gicv2, chip);
