/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/efi/efi_tables.c - UEFI's configuration table: the device tree or the ACPI tables.
 *
 * The device tree may be unaligned, or in memory that the kernel will use, so it is copied.  The
 * RSDP is not copied; boot/memory.c reserves its bytes.
 */
#include <boot/efi/stub.h>
#include <drivers/acpi/tree.h>
#include <lib/string.h>
#include <libfdt.h>

#define TREE_MAX (2 * MiB) /* as boot/start.c */
#define PAGE 4096ul

/* The table with this GUID, or NULL. */
static const void *find_config_table(const struct stub *s, const struct efi_guid *guid)
{
	for (u64 i = 0; s->system->config && i < s->system->nr_config; i++)
		if (!memcmp(&s->system->config[i].guid, guid, sizeof(*guid)))
			return s->system->config[i].table;
	return NULL;
}

static efi_status copy_tree(struct stub *s, const void *tree)
{
	u64 bytes = fdt_totalsize(tree), pa = 0;
	efi_status err = s->boot->allocate_pages(EFI_ANY_PAGES, EFI_LOADER_DATA,
						 align_up(bytes, PAGE) / PAGE, &pa);

	if (err) {
		stub_print(s, "hotplate: no memory for the device tree of %x bytes", bytes);
		return err;
	}
	memcpy((void *)pa, tree, bytes);
	s->to->fdt_pa = pa;
	return 0;
}

/* Checks only the header; fdt_check() of the kernel checks the rest. */
static bool tree_header_ok(const struct stub *s, const void *tree)
{
	if (!fdt_check_header(tree) && fdt_totalsize(tree) <= TREE_MAX)
		return true;
	stub_print(s, "hotplate: device tree at %x: its header is damaged; it is left out",
		   (uintptr_t)tree);
	return false;
}

#ifdef __riscv
static efi_status console_of_acpi(const struct stub *s)
{
	(void)s; /* the SBI console always exists */
	return 0;
}
#else
/* Firmware maps memory 1:1. */
static const u8 *efi_table_at(paddr_t pa, u64 len)
{
	const struct efi_map map = handover_map(stub_handover(), NULL);

	return efi_map_holds(&map, pa, len) ? (const u8 *)(uintptr_t)pa : NULL;
}

/* Fail if ACPI describes no console: after ExitBootServices no message could be printed. */
static efi_status console_of_acpi(const struct stub *s)
{
	struct why why;
	const char *missing;
	u64 key;

	stub_map(s, &key); /* without a map efi_table_at() returns NULL */
	missing = acpi_console_missing(efi_table_at, s->to->rsdp_pa, &why);

	if (!missing)
		return 0;
	stub_print(s, "hotplate: no device tree, and ACPI leads to no console:", 0);
	stub_print(s, missing, 0);
	return EFI_UNSUPPORTED;
}
#endif

efi_status stub_tables(struct stub *s)
{
	static const struct efi_guid tree_guid = {
		0xb1b621d5, 0xf19c, 0x41a5, { 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 }
	};
	static const struct efi_guid acpi_guid = {
		0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 }
	};
	const void *tree = find_config_table(s, &tree_guid);

	s->to->rsdp_pa = (uintptr_t)find_config_table(s, &acpi_guid);
	if (tree && tree_header_ok(s, tree))
		return copy_tree(s, tree);
	if (s->to->rsdp_pa)
		return console_of_acpi(s);
	stub_print(s, "hotplate: UEFI provides neither a device tree nor ACPI tables", 0);
	return EFI_UNSUPPORTED;
}
