/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/switch.c - a switch: behind its upstream port is a bus with downstream ports, each
 * with one device or another switch behind it.
 *
 * Switches are found at boot only, behind root ports and other switches.  Bus numbers are assigned
 * in the order of discovery, so that the numbers behind a port follow its own.  Windows are
 * assigned at boot and never move, because memory behind them is in use.  A bridge whose bus leads
 * back to itself is found again until no bus number is left, which is logged.
 */
#include <drivers/pci/pci_internal.h>

#define SWITCH_BUS_SLOTS 32
#define SWITCH_PORTS_MAX 32

/* Logged once: a malicious switch may have as many ports as there are bus numbers. */
static void log_once(const struct pci_function *f, const char *sentence)
{
	static bool logged;

	if (!logged)
		pci_log(f, sentence);
	logged = true;
}

static bool is_bridge(const struct pci_function *f)
{
	return (f->header & ~PCI_HEADER_MULTI) == PCI_HEADER_BRIDGE;
}

/* Enumerate all downstream ports first: devices behind them allocate slots of the same table. */
static unsigned find_ports(struct pci_port *up, struct pci_function *found[SWITCH_PORTS_MAX])
{
	unsigned nr = 0;

	for (unsigned slot = 0; slot < SWITCH_BUS_SLOTS && nr < SWITCH_PORTS_MAX; slot++) {
		struct pci_function *f = pci_find(up->bus, slot, 0, up);
		unsigned last = f && f->header & PCI_HEADER_MULTI ? 7 : 0;

		for (unsigned fn = 0; fn <= last && nr < SWITCH_PORTS_MAX; fn++) {
			f = fn ? pci_find(up->bus, slot, fn, up) : f;
			if (f && is_bridge(f))
				found[nr++] = f;
		}
	}
	return nr;
}

/* Number the buses behind all ports of the switch. */
static void add_ports(struct pci_port *up)
{
	struct pci_function *found[SWITCH_PORTS_MAX];
	unsigned nr = find_ports(up, found), i = 0;

	for (; i < nr && !!pci_port_free(); i++)
		pci_port_add(found[i]);
	if (i < nr)
		log_once(found[i], "there is no bus for this port, nor for others after it");
}

void pci_switch_look(struct pci_port *p)
{
	struct pci_function *f = pci_find(p->bus, 0, 0, p);
	struct pci_port *up = f && is_bridge(f) ? pci_port_open(f) : NULL;
	struct why why = { 0 };

	if (!up) { /* no switch: the function is found again when the port or its slot is started */
		pci_forget(p);
		return;
	}
	p->upstream = up;
	p->occupied = true;
	if (pci_place_switch(p, up, &why))
		log_once(f, why.text);
	else
		add_ports(up);
}
