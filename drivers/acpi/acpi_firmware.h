/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/acpi_firmware.h - finds the ACPI tables of this machine.
 *
 * In this order: the argument acpi=ADDR+SIZE (a range of RAM, reserved from boot on, that begins
 * with an RSDP and contains every table); UEFI's configuration table (tables in RAM that
 * firmware reserved); QEMU's table loader through fw_cfg.
 *
 * Boot CPU, no lock held; the functions allocate pages.
 */
#pragma once
#include <drivers/acpi/tables.h>

/* Physical address of the RSDP.  -ENODEV: this machine has none, or acpi=off.  After any error
 * the memory of the tables is freed again. */
int firmware_rsdp(const void *fdt, paddr_t *rsdp, struct why *);
/* Check all tables that `rsdp` leads to.  On success *root is the RSDP of a new root table that
 * lists only the sound ones.  -ENOMEM, or the error of tables_read(). */
int firmware_read(struct tables *, paddr_t rsdp, paddr_t *root, struct why *);
/* Free the memory of all tables; the caller ensures that ACPICA and the tables are no longer in
 * use. */
void firmware_forget(void);
/* Allocate memory for a table that firmware did not provide: whole zeroed pages, which ACPICA
 * may map, freed by firmware_forget().  NULL if there is no memory.  *pa: its physical address. */
void *firmware_pages(u64 bytes, paddr_t *pa);
