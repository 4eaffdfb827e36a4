/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/irq.c - finds the interrupt controller in the device tree and the controllers
 * cascaded on it, and holds the table of handlers.  The boot CPU registers handlers before their
 * interrupts can be raised.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/irq/irq.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <libfdt.h>

#define HANDLERS 64
#define NO_IRQ (~0u) /* a free slot */

/*
 * Limits for an interrupt storm, which would use all time of a CPU: a level that its handler does
 * not deassert, or a defective device.
 *
 * The receive interrupt of a UART without a FIFO is raised for each character, and once more if the
 * gateway of an APLIC or PLIC samples the level before it falls.  So each served interrupt allows
 * one idle one.  At 115,200 baud a line transfers 11,520 characters a second (8N1), at 1.5 Mbaud,
 * the fastest of the supported boards, 150,000; a higher rate is a storm.
 */
#define STORM_IDLE 20000
#define STORM_SERVED (160000 * STORM_SECONDS)
#define STORM_SECONDS 10ul

static struct irq_handler handlers[HANDLERS];
static unsigned handlers_nr;

const struct irqchip *irqchip;
u32 irqchip_phandle;
paddr_t irqchip_pa;
struct irq_child irq_children[IRQ_CHILDREN_MAX];
unsigned irq_children_nr;

/* Find the chip of a global interrupt number and convert *irq to the chip's own number; NULL if
 * no chip has it. */
static const struct irqchip *chip_of(u32 *irq)
{
	u32 n = *irq >> 16;

	*irq = IRQ_OWN_NUMBER(*irq);
	if (!n)
		return irqchip;
	return n <= irq_children_nr ? irq_children[n - 1].chip : NULL;
}

static void switch_off(u32 irq)
{
	const struct irqchip *chip = chip_of(&irq);

	if (chip)
		chip->disable(irq);
}

/* Map the registers of a controller and probe it. */
static int irqchip_attach(const void *fdt, int node, const struct irqchip *chip,
			  volatile void *(*map)(paddr_t, u64), struct device *d)
{
	struct why why = { 0 };

	if (fdt_device(fdt, node, d, &why)) {
		kprintf("irq: %s: %s\n", chip->name, why.text);
		return why.code;
	}
	for (unsigned i = 0; i < d->nr_regs; i++)
		d->regs[i] = map(d->pa[i], d->len[i]);
	return chip->probe(d) ? -ENODEV : 0;
}

/* A machine may have several controllers of one kind; the probe accepts the one that serves this
 * CPU. */
static int irqchip_find(const void *fdt, const struct irqchip *chip,
			volatile void *(*map)(paddr_t, u64))
{
	int node = -1;
	struct device d;

	while ((node = fdt_next_compatible(fdt, node, chip->compatible)) >= 0)
		if (!irqchip_attach(fdt, node, chip, map, &d)) {
			irqchip_phandle = fdt_get_phandle(fdt, node);
			irqchip_pa = d.pa[0];
			return 0;
		}
	return -ENODEV;
}

/* Maximum of interrupts of a child handled in one interrupt: one that stays asserted without a
 * handler must not occupy the CPU. */
#define AT_ONCE 64

/* Handler of a cascaded controller's own interrupt. */
static void from_child(void *arg)
{
	const struct irq_child *child = arg;
	u32 n = (u32)(child - irq_children), irq;

	for (unsigned i = 0; i < AT_ONCE && (irq = child->chip->pending()) != ~0u; i++)
		irq_dispatch(IRQ_OF_CHILD(n, irq));
}

/* Add a cascaded controller, unless its own interrupt cannot be requested. */
static void add_child(const void *fdt, int node, const struct irqchip *chip,
		      volatile void *(*map)(paddr_t, u64))
{
	struct irq_child *child = &irq_children[irq_children_nr];
	struct device d;

	if (irq_children_nr == IRQ_CHILDREN_MAX || irqchip_attach(fdt, node, chip, map, &d))
		return;
	*child = (struct irq_child) { chip, fdt_get_phandle(fdt, node) };
	irq_children_nr++;
	if (d.irq == ~0u || irq_request(d.irq, d.irq_flags, chip->name, from_child, child)) {
		kprintf("irq: %s: its own interrupt cannot be requested: its devices are polled\n",
			chip->name);
		irq_children_nr--;
	}
}

/* Add all cascaded controllers that have a driver. */
static void find_children(const void *fdt, volatile void *(*map)(paddr_t, u64))
{
	reg_for_each (irqchips, it) {
		int node = -1;

		while ((*it)->pending &&
		       (node = fdt_next_compatible(fdt, node, (*it)->compatible)) >= 0)
			add_child(fdt, node, *it, map);
	}
}

int irq_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len))
{
	reg_for_each (irqchips, it)
		if (!(*it)->pending && !irqchip_find(fdt, *it, map)) {
			irqchip = *it;
			irqchip->cpu_init();
			find_children(fdt, map);
			return 0;
		}
	return -ENODEV;
}

void irq_cpu_init(void)
{
	if (irqchip)
		irqchip->cpu_init();
}

/* Every interrupt of any CPU searches the table without a lock; NO_IRQ finds a free slot. */
static struct irq_handler *handler_of(u32 irq)
{
	for (unsigned i = 0; i < handlers_nr; i++)
		if (handlers[i].irq == irq)
			return &handlers[i];
	return NULL;
}

/* Other CPUs search the table meanwhile, so the number is stored last, by a store-release. */
int irq_request(u32 irq, u32 flags, const char *name, void (*fn)(void *), void *arg)
{
	struct irq_handler *h = handler_of(NO_IRQ);
	u32 own = irq;
	const struct irqchip *chip = chip_of(&own);

	if (!chip || (!h && handlers_nr == HANDLERS))
		return -ENODEV;
	h = h ? h : &handlers[handlers_nr];
	*h = (struct irq_handler) {
		.irq = NO_IRQ, .name = name, .fn = fn, .arg = arg, .per_cpu = flags & IRQ_PER_CPU
	};
	atomic_store_release(&h->irq, irq);
	if (h == &handlers[handlers_nr])
		handlers_nr++;
	chip->enable(own, flags & IRQ_TRIGGER, this_cpu()->nr);
	return 0;
}

void irq_release(u32 irq)
{
	struct irq_handler *h = handler_of(irq);

	switch_off(irq);
	if (h)
		h->irq = NO_IRQ;
}

const char *irq_controller(u32 irq)
{
	const struct irqchip *chip = chip_of(&irq);

	return !chip || chip == irqchip ? "" : chip->name;
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
	switch_off(irq);
	kprintf("irq: interrupt %u (%s) %s: turned off after %lu times\n", IRQ_OWN_NUMBER(irq),
		h->name, reason, h->count);
}

void irq_served(u32 irq)
{
	struct irq_handler *h = handler_of(irq);

	if (h)
		h->served++;
}

/* Did `nr` grow by `most` twice within STORM_SECONDS?  The clock is read only every `most`
 * times. */
static bool rate_exceeded(struct irq_rate *r, u64 nr, u64 most)
{
	u64 now;

	if (nr - r->nr < most)
		return false;
	now = clock_ns();
	if (r->since && now - r->since < STORM_SECONDS * 1000000000)
		return true;
	*r = (struct irq_rate) { .nr = nr, .since = now };
	return false;
}

/* Called after each interrupt of a device; only one CPU receives it, so the counts need no lock. */
static void check_storm(struct irq_handler *h, bool served)
{
	if (!served && !h->spare)
		h->idle++;
	h->spare = served;
	if (rate_exceeded(&h->idle_rate, h->idle, STORM_IDLE) ||
	    rate_exceeded(&h->served_rate, h->served, STORM_SERVED))
		irq_turn_off(h->irq, "does not end");
}

void irq_dispatch(u32 irq)
{
	struct irq_handler *h = handler_of(irq);
	u64 served;

	if (!h) {
		this_cpu()->spurious++;
		return;
	}
	atomic_fetch_add_relaxed(&h->count, 1);
	served = h->served;
	h->fn(h->arg);
	if (!h->per_cpu)
		check_storm(h, h->served != served);
}
