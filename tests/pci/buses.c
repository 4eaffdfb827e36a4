/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/pci/buses.c - a bridge that does not hold its bus numbers is not used. */
#include <lib/string.h>
#include <tests/pci/played.h>

static struct played p;

TEST(pci, buses, .claim = "a bridge that keeps other bus numbers than it was given is refused")
{
	struct why why = { 0 };

	played_new(&p);
	played_put(&p, PCI_HEADER, 1, PCI_HEADER_BRIDGE);
	memset(p.writable + PCI_BUSES, 0xff, 4);
	CHECK_OK(t, pci_set_buses(&p.config, 1, 2, 7, &why), &why);
	for (unsigned i = 0; i < 3; i++) { /* a number that does not change: a loop, or absurd */
		p.writable[PCI_BUSES + i] = 0;
		CHECK_OK(t, pci_set_buses(&p.config, 1, 2, 7, &why), &why);
		CHECK_REFUSED(t, pci_set_buses(&p.config, 3, 4, 5, &why), EIO, &why);
		p.writable[PCI_BUSES + i] = 0xff;
		played_put(&p, PCI_BUSES, 3, 0x070201);
	}
	p.gone_after = p.accesses;
	CHECK_REFUSED(t, pci_set_buses(&p.config, 1, 2, 7, &why), ENODEV, &why);
}
