/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/acpi_machine.c - the tables of this machine, read and checked once.
 *
 * Loading a namespace costs millions of instructions, so it is loaded only if a definition block
 * contains the text of the GED's _HID: only hotplug events need the namespace.  (AML stores a _HID
 * of letters and digits as text.)
 */
#include <drivers/acpi/acpi_firmware.h>
#include <drivers/acpi/acpi_machine.h>

static struct acpi_machine machine;
static bool known;

const struct acpi_machine *acpi_machine(void)
{
	if (!known) {
		machine.has_tables = machine.has_ged = false;
		machine.srat.nr = machine.tables.nr = 0;
	}
	return &machine;
}

int acpi_machine_read(paddr_t rsdp, struct why *why)
{
	const struct table *srat;
	int err = firmware_read(&machine.tables, rsdp, &machine.root, why);

	known = !err;
	if (err)
		return err;
	machine.has_tables = true;
	machine.has_ged = tables_mention(&machine.tables, "ACPI0013");
	srat = tables_find(&machine.tables, "SRAT", 0);
	machine.srat.nr = machine.srat.bad = 0;
	if (srat)
		srat_read(&machine.srat, machine.tables.at(srat->pa, srat->len), srat->len);
	return 0;
}

int acpi_machine_find(const void *fdt, struct why *why)
{
	paddr_t rsdp;
	int err;

	if (known)
		return 0;
	err = firmware_rsdp(fdt, &rsdp, why);
	return err ? err : acpi_machine_read(rsdp, why);
}

void acpi_machine_forget(void)
{
	firmware_forget();
	known = false;
}
