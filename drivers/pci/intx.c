// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/pci/intx.c - level interrupts that several functions share.
 *
 * A port and the device behind it hang on the same wire (swizzle): every handler of the wire is
 * asked, or the one that was not asked keeps the level up and the interrupt comes back for ever.
 * The tables are written by the boot CPU, which also takes these interrupts, with interrupts off.
 */
#include <arch/arch.h>
#include <drivers/irq/irq.h>
#include <drivers/pci/pci.h>

#define WIRES 16
#define CLIENTS 24
#define UNCLAIMED_MAX 1000 /* in a row: nobody will make this level go down */
#define NO_IRQ (~0u)

static struct wire {
	u32 irq, unclaimed;
} wires[WIRES];
static unsigned wires_nr;

static struct client {
	struct pci_function *f;
	bool (*handler)(void *);
	void *arg;
} clients[CLIENTS];

static bool ask(u32 irq)
{
	bool claimed = false;

	for (unsigned i = 0; i < CLIENTS; i++)
		if (clients[i].f && clients[i].f->irq == irq)
			claimed |= clients[i].handler(clients[i].arg);
	return claimed;
}

static void fire(void *arg)
{
	struct wire *w = arg;

	if (ask(w->irq)) {
		w->unclaimed = 0;
		return;
	}
	if (++w->unclaimed == UNCLAIMED_MAX)
		irq_turn_off(w->irq, "stays up and no device claims it");
}

static int connect(u32 irq, u32 flags)
{
	for (unsigned i = 0; i < wires_nr; i++)
		if (wires[i].irq == irq)
			return 0;
	if (wires_nr == WIRES)
		return -ENOMEM;
	wires[wires_nr].irq = irq;
	return irq_request(irq, flags, "PCI", fire, &wires[wires_nr++]);
}

int pci_intx_request(struct pci_function *f, bool (*handler)(void *), void *arg)
{
	u64 flags = arch_irq_save();
	unsigned i = 0;
	u16 command;

	while (i < CLIENTS && clients[i].f)
		i++;
	if (i < CLIENTS)
		clients[i] = (struct client) { f, handler, arg };
	arch_irq_restore(flags);
	if (i == CLIENTS)
		return -ENOMEM;
	if (f->irq != NO_IRQ && connect(f->irq, f->irq_flags))
		f->irq = NO_IRQ;
	command = pci_read16(&f->config, PCI_COMMAND);
	pci_write16(&f->config, PCI_COMMAND, command & (u16)~PCI_COMMAND_NO_INTX);
	return 0;
}

void pci_intx_release(struct pci_function *f)
{
	u64 flags = arch_irq_save();

	for (unsigned i = 0; i < CLIENTS; i++)
		if (clients[i].f == f)
			clients[i].f = NULL;
	arch_irq_restore(flags);
}

void pci_poll(void)
{
	ask(NO_IRQ);
	for (unsigned i = 0; i < wires_nr; i++)
		if (irq_is_off(wires[i].irq))
			ask(wires[i].irq);
}
