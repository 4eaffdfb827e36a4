/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/pci_bus/main.c - drivers/pci: pci.c, port.c, bus.c and switch.c. */
#include "world.h"
#include <want.h>

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0); /* a scenario may end by a crash */
	boot_tests();
	behind_tests();
	table_tests();
	printf("pci_bus: %u not so\n", want_failed);
	return want_failed != 0;
}
