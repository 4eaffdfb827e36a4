/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/machine.h - what this machine's ACPI is: its tables and whether its namespace is in
 * use.
 */
#pragma once
#include <drivers/acpi/srat.h>
#include <drivers/acpi/tables.h>

struct acpi_machine {
	bool has_tables, has_ged;
	struct tables tables;
	struct srat srat;
	paddr_t root; /* an RSDP of the sound tables */
};

/* Known after boot; tables of a machine without ACPI are empty. */
const struct acpi_machine *acpi_machine(void);
/* Boot: find and check the tables.  -ENODEV: there are none. */
int acpi_machine_find(const void *fdt, struct why *);
/* The same from an RSDP in memory of firmware_pages(): tests bring their own.  And the way back. */
int acpi_machine_read(paddr_t rsdp, struct why *);
void acpi_machine_forget(void);
