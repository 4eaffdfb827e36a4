/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/acpi_machine.h - the ACPI tables of this machine.
 */
#pragma once
#include <drivers/acpi/srat.h>
#include <drivers/acpi/tables.h>

/* Boot CPU; read-only between acpi_machine_read() and acpi_machine_forget(). */
struct acpi_machine {
	bool has_tables, has_ged; /* has_ged: a definition block mentions a GED */
	struct tables tables;
	struct srat srat;
	paddr_t root; /* RSDP that leads to the sound tables only */
};

/* The tables as last read.  Never NULL: without ACPI, or after acpi_machine_forget(), it is
 * empty. */
const struct acpi_machine *acpi_machine(void);
/* Find and check the tables, at boot; later calls return 0 at once.  Errors of firmware_rsdp()
 * and firmware_read(); -ENODEV: the machine has none. */
int acpi_machine_find(const void *fdt, struct why *);
/* For tests: read the tables of an RSDP in memory of firmware_pages().  acpi_machine_forget()
 * frees all of that memory again, the machine's own tables included. */
int acpi_machine_read(paddr_t rsdp, struct why *);
/* Free the tables and forget them; ACPICA is stopped. */
void acpi_machine_forget(void);
