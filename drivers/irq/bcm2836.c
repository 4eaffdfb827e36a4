/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/bcm2836.c - the per-core interrupt controller of a BCM2836 or BCM2837 (Broadcom
 * QA7: "ARM quad-A7 core"), which has no GIC: timers, performance counters and mailboxes of each
 * core, and one wire for all other devices, routed to one core.
 *
 * Numbers are bits of a core's source register: 0..3 timers, 8 the other devices (armctrl.c), 9
 * performance counters.  Mailbox 0 is for IPIs.  Interrupts are levels and need no acknowledge.
 */
#include <arch/arch.h>
#include <drivers/fdt/index.h>
#include <drivers/irq/irq.h>
#include <kern/cpu.h>

enum {
	ROUTE_CHIP = 0x0c,
	PMU_SET = 0x10,
	PMU_CLEAR = 0x14,
	LOCAL_TIMER = 0x34,
	TIMERS = 0x40, /* per core, 4 bytes: bits 3:0 IRQ enables, 7:4 FIQ enables */
	MAILBOXES = 0x50,
	SOURCE = 0x60,
	MAILBOX_SET = 0x80,  /* per core, 16 bytes: mailbox 0 */
	MAILBOX_CLEAR = 0xc0 /* reads as the bits set */
};

#define CORES 4
#define IRQ_CHIP 8
#define IRQ_PMU 9
#define SOURCE_TIMERS 0x00fu
#define SOURCE_MAILBOX0 0x010u

static volatile u8 *regs;

static unsigned core_of(unsigned cpu)
{
	return cpus[cpu].hwid & (CORES - 1);
}

/* A BCM2711 has this node too, but uses the GIC: its node is no interrupt-controller. */
static int probe(struct device *d)
{
	if (!d->regs[0] || d->len[0] < MAILBOX_CLEAR + 16 * CORES ||
	    !fdt_prop(d->fdt, d->node, "interrupt-controller", NULL))
		return -ENODEV;
	regs = (volatile u8 *)d->regs[0];
	mmio_write32(regs + LOCAL_TIMER, 0);
	mmio_write32(regs + PMU_CLEAR, 0xff);
	for (unsigned core = 0; core < CORES; core++) {
		mmio_write32(regs + TIMERS + core * 4, 0);
		mmio_write32(regs + MAILBOXES + core * 4, 0);
	}
	return 0;
}

/* Registers of the calling CPU's core: only mailbox 0 is enabled. */
static void cpu_init(void)
{
	unsigned core = core_of(this_cpu()->nr);

	mmio_write32(regs + TIMERS + core * 4, 0);
	mmio_write32(regs + MAILBOX_CLEAR + core * 16, ~0u);
	mmio_write32(regs + MAILBOXES + core * 4, 1);
}

static void set_timer(unsigned core, u32 irq, bool on)
{
	volatile u8 *reg = regs + TIMERS + core * 4;
	u32 bits = mmio_read32(reg) & ~(1u << irq);

	mmio_write32(reg, on ? bits | 1u << irq : bits);
}

/* Timers and counters belong to a core; the wire of the other devices is routed to one core. */
static void enable(u32 irq, u32 flags, unsigned cpu)
{
	unsigned core = core_of(cpu);

	(void)flags; /* all are levels */
	if (irq < CORES)
		set_timer(core, irq, true);
	else if (irq == IRQ_CHIP)
		mmio_write32(regs + ROUTE_CHIP, core);
	else if (irq == IRQ_PMU)
		mmio_write32(regs + PMU_SET, 1u << core);
}

/* Interrupts of devices have no enable bit here: armctrl.c disables each of them. */
static void disable(u32 irq)
{
	unsigned core = core_of(this_cpu()->nr);

	if (irq < CORES)
		set_timer(core, irq, false);
	else if (irq == IRQ_PMU)
		mmio_write32(regs + PMU_CLEAR, 1u << core);
}

/* IPIs first, because their sender waits. */
static void handle(void)
{
	unsigned core = core_of(this_cpu()->nr);
	u32 source = mmio_read32(regs + SOURCE + core * 4);

	if (source & SOURCE_MAILBOX0) {
		/* clear first: a later request raises the interrupt again */
		mmio_write32(regs + MAILBOX_CLEAR + core * 16, ~0u);
		arch_io_mb(); /* the clear is complete before ipi_handle() reads the requests */
		ipi_handle();
	}
	for (u32 timers = source & SOURCE_TIMERS; timers; timers &= timers - 1)
		irq_dispatch((u32)__builtin_ctz(timers));
	if (source & 1u << IRQ_CHIP)
		irq_dispatch(IRQ_CHIP);
	if (source & 1u << IRQ_PMU)
		irq_dispatch(IRQ_PMU);
}

static void ipi(cpumask_t to)
{
	for (unsigned n = 0; n < cpus_nr; n++)
		if (to & cpu_bit(n))
			mmio_write32(regs + MAILBOX_SET + core_of(n) * 16, 1);
}

/* Number and trigger; older trees have only the number. */
static u32 decode(const void *cells, int nr_cells, u32 *flags)
{
	const u8 *p = cells;

	*flags = 0;
	if (nr_cells < 1 || p[0] || p[1] || p[2])
		return ~0u;
	return p[3] < CORES || p[3] == IRQ_CHIP || p[3] == IRQ_PMU ? p[3] : ~0u;
}

static const char *const compatible[] = { "brcm,bcm2836-l1-intc", NULL };

static const struct irqchip chip = {
	.compatible = compatible,
	.name = "BCM2836",
	.probe = probe,
	.cpu_init = cpu_init,
	.enable = enable,
	.disable = disable,
	.handle = handle,
	.ipi = ipi,
	.decode = decode,
};
IRQCHIP(bcm2836, chip);
