// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/irq/irq.c - the machine's interrupt controller, found in the device tree, and the table
 * of who handles which interrupt.  Handlers are registered by the boot CPU before they can fire.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/irq/irq.h>
#include <kern/cpu.h>
#include <kern/log.h>

#define HANDLERS 32

static struct handler {
	u32 irq;
	void (*fn)(void *);
	void *arg;
} handlers[HANDLERS];
static unsigned handlers_nr;

const struct irqchip *irqchip;

static int attach(const void *fdt, int node, const struct irqchip *chip,
		  volatile void *(*map)(paddr_t, u64))
{
	struct why why = { 0 };
	struct device d;

	if (fdt_device(fdt, node, &d, &why)) {
		kprintf("irq: %s: %s\n", chip->name, why.text);
		return why.code;
	}
	for (unsigned i = 0; i < d.nr_regs; i++)
		d.regs[i] = map(d.pa[i], d.len[i]);
	return chip->probe(&d);
}

/* A machine may have several of one kind; the driver takes the one that serves this CPU. */
static int find(const void *fdt, const struct irqchip *chip, volatile void *(*map)(paddr_t, u64))
{
	int node = -1;

	while ((node = fdt_next_compatible(fdt, node, chip->compatible)) >= 0)
		if (!attach(fdt, node, chip, map))
			return 0;
	return -ENODEV;
}

int irq_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len))
{
	reg_for_each (irqchips, it)
		if (!find(fdt, *it, map)) {
			irqchip = *it;
			irqchip->cpu_init();
			return 0;
		}
	return -ENODEV;
}

void irq_cpu_init(void)
{
	if (irqchip)
		irqchip->cpu_init();
}

int irq_request(u32 irq, u32 flags, void (*fn)(void *), void *arg)
{
	if (!irqchip || handlers_nr == HANDLERS)
		return -ENODEV;
	handlers[handlers_nr++] = (struct handler) { irq, fn, arg };
	irqchip->enable(irq, flags, this_cpu()->nr);
	return 0;
}

void irq_dispatch(u32 irq)
{
	for (unsigned i = 0; i < handlers_nr; i++)
		if (handlers[i].irq == irq) {
			handlers[i].fn(handlers[i].arg);
			return;
		}
	this_cpu()->spurious++;
}
