/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/pci_irq.c - interrupts of functions: a shared wire (INTx), messages (MSI, MSI-X), or
 * polling at the tick.
 *
 * A port and the device behind it share a wire (swizzle), so all handlers of a wire are called: a
 * function that is not served keeps the level asserted, and the interrupt would recur for ever. The
 * boot CPU writes the tables with interrupts off; it also receives these interrupts.
 */
#include <arch/arch.h>
#include <drivers/irq/irq.h>
#include <drivers/pci/pci_internal.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>

#define SOURCES 48
#define CLIENTS 48
#define UNCLAIMED_MAX 1000 /* unclaimed in a row: no handler will deassert this level */
#define NO_IRQ (~0u)
#define EDGE 1u /* a message has no level */

#define EXPRESS_FLAGS 2 /* in the PCI Express capability; bits 13:9 are the message (7.5.3.2) */

static struct source {      /* a wire or a message */
	u32 irq, unclaimed; /* 0: free (interrupt 0 is never a PCI interrupt) */
} sources[SOURCES];

/* A handler; `f` NULL: free.  Written with interrupts off. */
static struct client {
	struct pci_function *f;
	bool (*handler)(void *);
	void *arg;
} clients[CLIENTS];

const char *pci_irq_name(const struct pci_function *f)
{
	static const char *const names[] = { [PCI_POLLED] = "polled",
					     [PCI_INTX] = "INTx",
					     [PCI_MSI] = "MSI",
					     [PCI_MSIX] = "MSI-X" };

	return names[f->how];
}

/* Call the handlers of an interrupt, or with NO_IRQ those of polled functions. */
static bool pci_irq_call(u32 irq)
{
	bool claimed = false;

	for (unsigned i = 0; i < CLIENTS; i++)
		if (clients[i].f && clients[i].f->irq_used == irq)
			claimed |= clients[i].handler(clients[i].arg);
	return claimed;
}

/* Interrupt handler of a source. */
static void pci_irq_handler(void *arg)
{
	struct source *s = arg;

	if (pci_irq_call(s->irq)) {
		s->unclaimed = 0;
		return;
	}
	if (++s->unclaimed == UNCLAIMED_MAX)
		irq_turn_off(s->irq, "recurs and no device claims it");
}

/* The source of an interrupt; 0 finds a free one. */
static struct source *source_of(u32 irq)
{
	for (unsigned i = 0; i < SOURCES; i++)
		if (sources[i].irq == irq)
			return &sources[i];
	return NULL;
}

/* Request an interrupt unless it is requested already (a shared wire). */
static bool request_source(u32 irq, u32 flags)
{
	struct source *s = source_of(irq);

	if (s)
		return true;
	s = source_of(0);
	if (!s)
		return false;
	*s = (struct source) { .irq = irq };
	if (!irq_request(irq, flags, "PCI", pci_irq_handler, s))
		return true;
	s->irq = 0;
	return false;
}

/* ---- messages ---- */

/* The controller for messages of this function; NULL: none. */
static const struct irq_messages *msi_controller(const struct pci_function *f)
{
	const struct irq_messages *m = irqchip ? irqchip->messages : NULL;
	u32 requester = (u32)f->bus << 8 | (u32)f->slot << 3 | f->fn;
	u32 controller = m ? m->controller() : 0;

	return controller && pci_host_messages(pci_host(), requester) == controller ? m : NULL;
}

/* Enable MSI-X and map the entry in use.  A port selects its entry itself; its capability names the
 * entry only while MSI-X is enabled. */
static int open_table(struct pci_function *f, struct why *why)
{
	const struct pci_bar *b = &f->bar[f->msi.bar];
	int express = -ENOENT;
	volatile void *regs;
	u32 entry = 0;

	pci_msix_open(&f->config, &f->msi);
	if ((f->header & ~PCI_HEADER_MULTI) == PCI_HEADER_BRIDGE)
		express = pci_capability(&f->config, PCI_CAP_EXPRESS, 0, why);
	if (express > 0)
		entry = pci_read16(&f->config, (unsigned)express + EXPRESS_FLAGS) >> 9 & 31;
	if (entry >= f->msi.nr)
		return refuse(why, EINVAL, "it uses entry %u of %u", entry, f->msi.nr);
	regs = b->pa == PA_NONE ? NULL
				: kpt_map_device(b->pa + f->msi.offset + entry * PCI_MSIX_ENTRY,
						 PCI_MSIX_ENTRY);
	if (!regs)
		return refuse(why, ENOMEM, "its table cannot be mapped");
	f->msi.entry = pci_registers(regs);
	return 0;
}

int pci_irq_aim(struct pci_function *f, unsigned cpu, struct why *why)
{
	struct irq_message m;

	if (f->how < PCI_MSI)
		return refuse(why, ENOENT, "it sends no messages");
	if (!irqchip->messages->aim(f->irq_used, cpu, &m))
		return refuse(why, ENXIO, "CPU %u takes no messages", cpu);
	return pci_msi_aim(&f->config, &f->msi, &m, why);
}

/* Install the handler, then write the message, then unmask it. */
static int start_messages(struct pci_function *f, const struct irq_messages *messages,
			  struct why *why)
{
	u32 irq;
	int err = f->how == PCI_MSIX ? open_table(f, why) : 0;

	if (err)
		return err;
	irq = messages->alloc();
	if (irq == NO_IRQ || !request_source(irq, EDGE)) {
		if (irq != NO_IRQ)
			messages->free(irq);
		return refuse(why, ENOMEM, "no interrupt is left for its messages");
	}
	f->irq_used = irq;
	return pci_irq_aim(f, this_cpu()->nr, why);
}

/* Disable messages at the function first, then free the interrupt. */
static void stop_messages(struct pci_function *f)
{
	pci_msi_close(&f->config, &f->msi);
	if (f->irq_used != NO_IRQ) {
		irq_release(f->irq_used);
		source_of(f->irq_used)->irq = 0;
		irqchip->messages->free(f->irq_used);
	}
	f->irq_used = NO_IRQ;
	f->how = PCI_POLLED;
}

/* Use MSI-X or MSI; a capability that cannot be used is reported. */
static bool try_messages(struct pci_function *f, const struct irq_messages *messages,
			 enum pci_irq_kind how)
{
	struct why why = { 0 };
	int err = how == PCI_MSIX ? pci_find_msix(&f->config, f->bar, &f->msi, &why)
				  : pci_find_msi(&f->config, &f->msi, &why);

	if (err == -ENOENT)
		return false;
	if (!err) {
		f->how = (u8)how;
		err = start_messages(f, messages, &why);
		if (err)
			stop_messages(f);
	}
	if (err)
		pci_remark(f, "%s is not used: %s", how == PCI_MSIX ? "MSI-X" : "MSI", why.text);
	return !err;
}

/* ---- choice of the kind ---- */

/* Select by argument SOURCE.irq=; see pci_irq_request(). */
static void pci_irq_choose(struct pci_function *f)
{
	const char *word = arg_text_of(f->driver ? f->driver->name : PCI_SOURCE, ARG_IRQ, NULL);
	const struct irq_messages *messages = msi_controller(f);
	bool may_choose = !strcmp(word, "auto");

	if (messages &&
	    (!strcmp(word, "msi") || (may_choose && (messages->preferred || f->irq == NO_IRQ))) &&
	    (try_messages(f, messages, PCI_MSIX) || try_messages(f, messages, PCI_MSI)))
		return;
	if (!strcmp(word, "polled") || f->irq == NO_IRQ || !request_source(f->irq, f->irq_flags))
		return;
	f->how = PCI_INTX;
	f->irq_used = f->irq;
	pci_write16(&f->config, PCI_COMMAND,
		    pci_read16(&f->config, PCI_COMMAND) & (u16)~PCI_COMMAND_NO_INTX);
}

int pci_irq_request(struct pci_function *f, bool (*handler)(void *), void *arg)
{
	u64 flags = arch_irq_save();
	unsigned i = 0;

	while (i < CLIENTS && clients[i].f)
		i++;
	if (i < CLIENTS)
		clients[i] = (struct client) { f, handler, arg };
	arch_irq_restore(flags);
	if (i == CLIENTS)
		return -ENOMEM;
	pci_irq_choose(f);
	return 0;
}

/* Return to polling; the caller has disabled interrupts. */
static void pci_irq_stop(struct pci_function *f)
{
	if (f->how >= PCI_MSI)
		stop_messages(f);
	pci_write16(&f->config, PCI_COMMAND,
		    pci_read16(&f->config, PCI_COMMAND) | PCI_COMMAND_NO_INTX);
	f->irq_used = NO_IRQ;
	f->how = PCI_POLLED;
}

void pci_irq_poll(struct pci_function *f, const char *why)
{
	u64 flags = arch_irq_save();

	pci_irq_stop(f);
	arch_irq_restore(flags);
	pci_remark(f, "%s", why);
}

void pci_irq_release(struct pci_function *f)
{
	u64 flags = arch_irq_save();

	for (unsigned i = 0; i < CLIENTS; i++)
		if (clients[i].f == f)
			clients[i].f = NULL;
	pci_irq_stop(f);
	arch_irq_restore(flags);
}

void pci_poll(void)
{
	pci_irq_call(NO_IRQ);
	for (unsigned i = 0; i < SOURCES; i++)
		if (sources[i].irq && irq_is_off(sources[i].irq))
			pci_irq_call(sources[i].irq);
}
