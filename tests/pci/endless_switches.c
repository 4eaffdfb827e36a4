/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pci/endless_switches.c - impossible bridges: behind a switch there is the same switch
 * again, on one port or on all ports of a bus; and a bridge that keeps its former bus numbers.
 */
#include <drivers/pci/pci.h>
#include <lib/string.h>
#include <tests/pci/fake_function.h>

#define TYPE_ROOT 4
#define TYPE_UP 5
#define TYPE_DOWN 6
#define CLASS_BRIDGE 0x06040000

static struct fake_function root, up, down, absent;
static struct pci_function root_function;
static u8 first_fake_bus;
static bool wide;

/* Root port, up, down, up, down, ... */
static bool endless_config(u8 bus, unsigned slot, unsigned fn, struct pci_config *c)
{
	bool ports = (bus - first_fake_bus) % 2;

	if (bus < first_fake_bus)
		return false;
	*c = ports ? down.config : up.config;
	if (fn || (slot && !(ports && wide)))
		c->regs = &absent;
	return true;
}

static void fake_bridge(struct fake_function *p, u32 type, bool keeps)
{
	fake_new(p);
	fake_put(p, PCI_CLASS, 4, CLASS_BRIDGE);
	fake_put(p, PCI_HEADER, 1, PCI_HEADER_BRIDGE);
	fake_put(p, 0x40, 4, PCI_CAP_EXPRESS | (type << 4 | 2) << 16);
	memset(p->writable + PCI_COMMAND, 0xff, 2);
	memset(p->writable + PCI_BUSES, keeps ? 0 : 0xff, 4);
	memset(p->writable + PCI_IO_WINDOW, 0xff, PCI_CAPABILITIES - PCI_IO_WINDOW);
}

static unsigned ports(void)
{
	unsigned n = 0;

	while (pci_port_nth(n))
		n++;
	return n;
}

static unsigned functions(void)
{
	unsigned n = 0;

	while (pci_nth(n))
		n++;
	return n;
}

static const char *const ways[] = { "loop", "wide", "stuck", NULL };

TEST(pci, endless,
     .claim = "the scan of a switch that leads back to itself ends, and leaves no state",
     .params = ways)
{
	unsigned had = ports(), had_functions = functions();
	bool stuck = !strcmp(t->param, "stuck");
	u32 low, high;

	if (!pci_bridge()) {
		test_skip(t, "this machine has no PCI host bridge");
		return;
	}
	low = pci_bridge()->low.nr;
	high = pci_bridge()->high.nr;
	wide = !strcmp(t->param, "wide");
	fake_new(&absent);
	absent.gone_after = 0;
	fake_bridge(&root, TYPE_ROOT, stuck);
	fake_bridge(&up, TYPE_UP, false);
	fake_bridge(&down, TYPE_DOWN, false);
	root_function = (struct pci_function) { .config = root.config,
						.bus = pci_bridge()->bus_first,
						.slot = 31,
						.header = PCI_HEADER_BRIDGE,
						.vendor = 0x1234,
						.name = "fake" };
	first_fake_bus = (u8)(pci_bridge()->bus_first + had + 1);
	pci_emulated = endless_config;
	pci_port_add(&root_function);
	pci_emulated = NULL;
	CHECK(t, stuck ? ports() == had : ports() > had + 2);
	test_key(t, "ports=%u functions=%u", ports() - had, functions() - had_functions);
	pci_ports_drop(had);
	CHECK_EQ(t, functions(), had_functions);
	CHECK_EQ(t, pci_bridge()->low.nr, low);
	CHECK_EQ(t, pci_bridge()->high.nr, high);
}
