// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/irq/irq.c - the machine's interrupt controller, found in the device tree, and the table
 * of who handles which interrupt.  Handlers are registered by the boot CPU before they can fire.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/irq/irq.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <libfdt.h>

#define HANDLERS 64
#define NO_IRQ (~0u) /* a place that was left */

/*
 * An interrupt that comes this often keeps a CPU from everything else: a level that stays up and
 * whose handler does not make it fall, or a device gone mad.  No device here comes near.
 */
#define STORM_COUNT 20000
#define STORM_NS 10000000000ull

static struct irq_handler handlers[HANDLERS];
static unsigned handlers_nr;

const struct irqchip *irqchip;
u32 irqchip_phandle;

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
	if (chip->probe(&d))
		return -ENODEV;
	irqchip_phandle = fdt_get_phandle(fdt, node);
	return 0;
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

static struct irq_handler *handler_of(u32 irq)
{
	for (unsigned i = 0; i < handlers_nr; i++)
		if (handlers[i].irq == irq)
			return &handlers[i];
	return NULL;
}

/* Other CPUs look through the table meanwhile: the number comes last and goes first. */
int irq_request(u32 irq, u32 flags, const char *who, void (*fn)(void *), void *arg)
{
	struct irq_handler *h = handler_of(NO_IRQ);

	if (!irqchip || (!h && handlers_nr == HANDLERS))
		return -ENODEV;
	h = h ? h : &handlers[handlers_nr];
	*h = (struct irq_handler) {
		.irq = NO_IRQ, .who = who, .fn = fn, .arg = arg, .per_cpu = flags & IRQ_PER_CPU
	};
	__atomic_store_n(&h->irq, irq, __ATOMIC_RELEASE);
	if (h == &handlers[handlers_nr])
		handlers_nr++;
	irqchip->enable(irq, flags & IRQ_TRIGGER, this_cpu()->nr);
	return 0;
}

void irq_release(u32 irq)
{
	struct irq_handler *h = handler_of(irq);

	irqchip->disable(irq);
	if (h)
		h->irq = NO_IRQ;
}

const struct irq_handler *irq_nth(unsigned n)
{
	for (unsigned i = 0; i < handlers_nr; i++)
		if (handlers[i].irq != NO_IRQ && !n--)
			return &handlers[i];
	return NULL;
}

bool irq_is_off(u32 irq)
{
	const struct irq_handler *h = handler_of(irq);

	return h && h->off;
}

void irq_turn_off(u32 irq, const char *reason)
{
	struct irq_handler *h = handler_of(irq);

	if (!h || h->off)
		return;
	h->off = true;
	irqchip->disable(irq);
	kprintf("irq: interrupt %u (%s) %s: turned off after %llu times\n", irq, h->who, reason,
		(unsigned long long)h->count);
}

/* Of a device's interrupt, which one CPU takes. */
static void watch_for_storm(struct irq_handler *h)
{
	u64 now;

	if (h->count % STORM_COUNT || h->per_cpu)
		return;
	now = clock_ns();
	if (h->since && now - h->since < STORM_NS)
		irq_turn_off(h->irq, "does not end");
	h->since = now;
}

void irq_dispatch(u32 irq)
{
	struct irq_handler *h = handler_of(irq);

	if (!h) {
		this_cpu()->spurious++;
		return;
	}
	__atomic_fetch_add(&h->count, 1, __ATOMIC_RELAXED);
	h->fn(h->arg);
	watch_for_storm(h);
}
