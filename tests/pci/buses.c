/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/pci/buses.c - a bridge that does not store its bus numbers is not used. */
#include <lib/string.h>
#include <tests/pci/fake_function.h>

static struct fake_function p;

TEST(pci, buses, .claim = "a bridge that stores other bus numbers than were written is refused")
{
	struct why why = { 0 };

	fake_new(&p);
	fake_put(&p, PCI_HEADER, 1, PCI_HEADER_BRIDGE);
	memset(p.writable + PCI_BUSES, 0xff, 4);
	CHECK_OK(t, pci_set_buses(&p.config, 1, 2, 7, &why), &why);
	/* a number that does not change, which causes a loop or is absurd */
	for (unsigned i = 0; i < 3; i++) {
		p.writable[PCI_BUSES + i] = 0;
		CHECK_OK(t, pci_set_buses(&p.config, 1, 2, 7, &why), &why);
		CHECK_REFUSED(t, pci_set_buses(&p.config, 3, 4, 5, &why), EIO, &why);
		p.writable[PCI_BUSES + i] = 0xff;
		fake_put(&p, PCI_BUSES, 3, 0x070201);
	}
	p.gone_after = p.accesses;
	CHECK_REFUSED(t, pci_set_buses(&p.config, 1, 2, 7, &why), ENODEV, &why);
}
