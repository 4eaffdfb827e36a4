/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/bus.c - enumerates the host bridge and the root bus, once at boot.
 *
 * All functions of the root bus are found before one is started, because the start of a port adds
 * functions to the table.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/pci/pci_internal.h>
#include <kern/log.h>
#include <mm/page/region.h>

/* Functions 1 to 7 are probed only if function 0 has the multi-function bit: a single-function
 * device may respond to all function numbers. */
static void bus_find_all(const struct pci_host *host)
{
	for (unsigned slot = 0; slot < 32; slot++) {
		struct pci_function *f = pci_find(host->bus_first, slot, 0, NULL);
		bool multi = f && f->header & PCI_HEADER_MULTI;

		for (unsigned fn = 1; multi && fn < 8; fn++)
			pci_find(host->bus_first, slot, fn, NULL);
	}
}

/* Addresses of functions on the root bus are permanent.  The fault of one function is logged and
 * does not affect the others. */
static void bus_start_alone(struct pci_function *f)
{
	struct why why = { 0 };

	if (pci_size_bars(&f->config, pci_bars_of(f->header), f->bar, &why) ||
	    pci_place_alone(f, &why) || pci_start(f, &why))
		pci_log(f, why.text);
}

/* Claim the windows of the host bridge: only memory of devices may be in them. */
static void bus_claim_windows(const struct pci_host *host)
{
	if (region_claim(host->low.pa, host->low.len, CLAIM_WINDOW, "the PCI bridge") ||
	    region_claim(host->high.pa, host->high.len, CLAIM_WINDOW, "the PCI bridge"))
		kprintf("pci: no room to claim the windows of the bridge\n");
}

/* A function without a driver stays as pci_find() left it: it decodes nothing. */
static void bus_start(struct pci_function *f)
{
	if ((f->header & ~PCI_HEADER_MULTI) == PCI_HEADER_BRIDGE)
		pci_port_add(f);
	else if (f->driver)
		bus_start_alone(f);
}

/* Ports are started last, in the order of discovery, because slots post events for cards that are
 * present. */
void pci_init(const void *fdt)
{
	static const char *const compatible[] = { "pci-host-ecam-generic", NULL };
	int node = fdt_next_compatible(fdt, -1, compatible);
	struct pci_function *on_root[PCI_FUNCTIONS];
	struct pci_host host = { 0 };
	struct why why = { 0 };
	unsigned nr = 0;

	if (node < 0)
		return;
	if (pci_host_parse(fdt, node, &host, &why)) {
		kprintf("%s\n", why.text);
		return;
	}
	pci_host_use(&host);
	bus_claim_windows(&host);
	bus_find_all(&host);
	while (nr < PCI_FUNCTIONS && (on_root[nr] = pci_nth(nr)))
		nr++;
	for (unsigned i = 0; i < nr; i++)
		bus_start(on_root[i]);
	for (unsigned i = 0; pci_port_nth(i); i++)
		pci_port_begin(pci_port_nth(i));
}
