// SPDX-License-Identifier: BSD-2-Clause
/*
 * boot/memory.c - what memory is there, and whose it is: UEFI's map where UEFI gave one, else the
 * device tree's nodes; and what is kept back.
 */
#include <boot/boot.h>
#include <boot/handover.h>
#include <boot/steps.h>
#include <mm/hotplug/event.h>
#include <drivers/fdt/fdt.h>
#include <kern/args.h>
#include <lib/init.h>
#include <lib/string.h>
#include <libfdt.h>
#include <mm/page/region.h>

#define RSDP_BYTES 36

/* acpi=ADDR+SIZE: tables that somebody put into RAM stay as they are. */
static INIT_CODE void keep_tables(void)
{
	const char *text = arg_text(&boot_args, ARG_ACPI);
	struct why why = { 0 };
	u64 pa, len;

	if (!strcmp(text, "auto") || !strcmp(text, "off"))
		return;
	if (parse_range(text, &pa, &len, &why) ||
	    (!region_is_ram(pa, len) && refuse(&why, ENXIO, "acpi: 0x%llx+0x%llx is not all RAM",
					       (unsigned long long)pa, (unsigned long long)len)) ||
	    region_add(pa, len, MEM_RESERVED, region_node_of(pa), &why))
		boot_say(why.text);
}

/* False: nobody came by UEFI, or its map is of no use and the device tree's nodes must do. */
static INIT_CODE bool map_of_efi(struct efi_map *m)
{
	const struct handover *h = handover();
	struct why why = { 0 };

	if (!h)
		return false;
	*m = handover_map(h, boot_say);
	if (!efi_map_ram(m, &why))
		return true;
	boot_say(why.text);
	return false;
}

INIT_CODE const void *boot_memory(const void *fdt)
{
	const struct mem_range kept[] = {
		{ boot_info.image_pa, boot_info.image_len, MEM_IMAGE, 0 },
		{ boot_info.fdt_pa, fdt_totalsize(fdt), MEM_DTB, 0 },
		{ boot_info.rsdp_pa, RSDP_BYTES, MEM_RESERVED, 0 },
	};
	unsigned nr_kept = ARRAY_SIZE(kept) - (boot_info.rsdp_pa == PA_NONE);
	struct efi_map map;
	bool efi = map_of_efi(&map);
	struct why why = { 0 };

	if (fdt_memory(fdt, kept, nr_kept, boot_say, &why))
		boot_stop("memory", &why);
	if (efi)
		efi_map_withhold(&map);
	ram_check(fdt, boot_say);
	keep_tables();
	fdt = tree_move(fdt, &why);
	if (why.code)
		boot_say(why.text);
	if (withhold_apply(arg_text(&boot_args, ARG_WITHHOLD), boot_say, &why))
		boot_say(why.text);
	return fdt;
}
