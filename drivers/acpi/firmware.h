/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/firmware.h - where this machine's ACPI tables come from.
 *
 * UEFI's configuration table: they lie in RAM that firmware keeps.  Without UEFI fw_cfg's table
 * loader.  Before both acpi=ADDR+SIZE: a range of RAM, kept from boot on, that begins with an RSDP
 * and holds every table.
 */
#pragma once
#include <drivers/acpi/tables.h>

/* The RSDP; -ENODEV: this machine has none. */
int firmware_rsdp(const void *fdt, paddr_t *rsdp, struct why *);
/* Check what it leads to.  On success `root` is an RSDP of our own whose tables are all sound. */
int firmware_read(struct tables *, paddr_t rsdp, paddr_t *root, struct why *);
/* Their memory goes back; nothing may use them any more. */
void firmware_forget(void);
/* Memory for a table that is not firmware's: whole pages, zeroed, known to the OS layer.  NULL. */
void *firmware_pages(u64 bytes, paddr_t *pa);
