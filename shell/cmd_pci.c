/* SPDX-License-Identifier: BSD-2-Clause */
/* shell/cmd_pci.c - pci: functions on the bus, their addresses, ports and interrupts. */
#include <drivers/pci/pci.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>
#include <shell/target.h>

/* BARs that have an address; one without is an I/O BAR, is unimplemented, or did not fit. */
static void print_bars(const struct pci_function *f)
{
	char size[24];

	for (unsigned n = 0; n < PCI_BARS; n++) {
		const struct pci_bar *b = &f->bar[n];

		if (b->len && b->pa != PA_NONE)
			kprintf("         BAR %u  0x%lx  %s%s\n", n, b->pa, size_text(b->len, size),
				b->prefetch ? ", prefetchable" : "");
	}
}

/* The port whose bridge this function is; NULL: it is not a bridge that was set up. */
static const struct pci_port *port_of(const struct pci_function *f)
{
	const struct pci_port *p;

	for (unsigned i = 0; (p = pci_port_nth(i)); i++)
		if (p->bridge == f)
			return p;
	return NULL;
}

/* "switch" is the upstream port of a switch; "root port" is on the host bridge's own bus. */
static void port_text(const struct pci_port *p, char *buf, size_t size)
{
	char slot[32] = "";

	if (p->slot)
		slot_describe(p, slot, sizeof(slot));
	snprintf(buf, size, "%s, bus %02x%s%s",
		 p->up               ? "switch"
		 : p->bridge->behind ? "switch port"
				     : "root port",
		 p->bus, *slot ? ", " : "", slot);
}

/* Print the windows of a switch and of the port above it; they are chosen when the switch is
 * enumerated, and later devices do not change them. */
static void print_windows(const struct pci_port *p)
{
	const struct pci_window *w = &p->space->low;
	char size[24];

	for (unsigned i = 0; i < 2; i++, w = &p->space->high)
		if (w->len)
			kprintf("         %s  0x%lx  %s\n", i ? "64-bit" : "32-bit", w->pa,
				size_text(w->len, size));
}

/* "polled": the device has no interrupt, and the tick of the event core polls it. */
static void print_function(const struct pci_function *f)
{
	const struct pci_port *p = port_of(f);
	char irq[24] = "polled", what[48] = "no driver";

	if (f->how != PCI_POLLED)
		snprintf(irq, sizeof(irq), "%s %u", pci_irq_name(f), f->irq_used);
	if (p)
		port_text(p, what, sizeof(what));
	else if (f->driver)
		snprintf(what, sizeof(what), "%s%s", f->driver->name,
			 f->started ? "" : ", not in use");
	kprintf("%s  %04x:%04x class %06x  %s  %s\n", f->name, f->vendor, f->device, f->class, irq,
		what);
	print_bars(f);
	if (p && p->space)
		print_windows(p);
}

/* Functions in the order in which boot found them: by bus, device, function. */
static int pci(const struct command_line *line, struct why *why)
{
	const struct pci_host *h = pci_bridge();
	const struct pci_function *f;
	char low[24], high[24];

	(void)line;
	if (!h)
		return refuse(why, ENODEV,
			      "pci: this machine has no PCI host bridge that is known");
	kprintf("host bridge, buses %02x-%02x\n", h->bus_first, h->bus_last);
	kprintf("         32-bit window  0x%lx  %s\n", h->low.pa, rough_text(h->low.len, low));
	kprintf("         64-bit window  0x%lx  %s\n", h->high.pa, rough_text(h->high.len, high));
	for (unsigned i = 0; (f = pci_nth(i)); i++)
		print_function(f);
	return 0;
}

static const struct command command = {
	.name = "pci",
	.group = GROUP_MACHINE,
	.usage = "pci",
	.help = "Lists functions on the PCI bus: addresses, interrupts, ports and their "
		"drivers.",
	.run = pci,
};
COMMAND(pci, command);
