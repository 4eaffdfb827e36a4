// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/irq/bcm2836.c - interrupts of the cores of a BCM2836 or BCM2837 (Broadcom QA7: "ARM
 * quad-A7 core"), a machine without a GIC: timers, performance counters and mailboxes per core, and
 * one wire from everything else, which goes to one core.
 *
 * Numbers are bits of a core's source register: 0..3 timers, 8 the rest of the chip (armctrl.c), 9
 * performance counters.  Mailbox 0 carries what CPUs ask of each other.  Nothing is acknowledged: a
 * level is up while its source says so.
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
	TIMERS = 0x40, /* by core, 4 bytes: bits 3:0 as interrupts, 7:4 as fast ones */
	MAILBOXES = 0x50,
	SOURCE = 0x60,
	MAILBOX_SET = 0x80,  /* by core, 16 bytes: mailbox 0 */
	MAILBOX_CLEAR = 0xc0 /* reads what is set */
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

/* The node is there on a BCM2711 too, which has a GIC: then it controls nothing. */
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

static void enable(u32 irq, u32 flags, unsigned cpu)
{
	unsigned core = core_of(cpu);

	(void)flags; /* everything here is a level */
	if (irq < CORES)
		set_timer(core, irq, true);
	else if (irq == IRQ_CHIP)
		mmio_write32(regs + ROUTE_CHIP, core);
	else if (irq == IRQ_PMU)
		mmio_write32(regs + PMU_SET, 1u << core);
}

/* What comes from the chip has no switch here: armctrl.c turns each of those off. */
static void disable(u32 irq)
{
	unsigned core = core_of(this_cpu()->nr);

	if (irq < CORES)
		set_timer(core, irq, false);
	else if (irq == IRQ_PMU)
		mmio_write32(regs + PMU_CLEAR, 1u << core);
}

static void handle(void)
{
	unsigned core = core_of(this_cpu()->nr);
	u32 source = mmio_read32(regs + SOURCE + core * 4);

	if (source & SOURCE_MAILBOX0) {
		/* first out of the way: a request that comes now raises it again */
		mmio_write32(regs + MAILBOX_CLEAR + core * 16, ~0u);
		arch_io_mb(); /* cleared before the requests are looked at */
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

/* Number and trigger; older trees have the number alone. */
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
