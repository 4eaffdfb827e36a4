/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/memory.c - fill the registry of memory, from UEFI's map if there is one, else from the
 * device tree's nodes; and withhold memory for hotplug.
 */
#include <boot/boot.h>
#include <boot/handover.h>
#include <boot/report.h>
#include <boot/steps.h>
#include <drivers/fdt/fdt.h>
#include <kern/args.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <libfdt.h>
#include <mm/hotplug/event.h>
#include <mm/page/region.h>

#define RSDP_BYTES 36
#define KEPT_MAX 4

/* acpi=ADDR+SIZE: reserve RAM to which a loader has copied ACPI tables. */
static INIT_CODE void reserve_acpi_tables(void)
{
	const char *text = arg_text(&boot_args, ARG_ACPI);
	struct why why = { 0 };
	u64 pa, len;

	if (!strcmp(text, "auto") || !strcmp(text, "off"))
		return;
	if (parse_range(text, &pa, &len, &why) ||
	    (!region_is_ram(pa, len) &&
	     refuse(&why, ENXIO, "acpi: %s is not all RAM", range_text(pa, len).text)) ||
	    region_add(pa, len, MEM_RESERVED, region_node_of(pa), &why))
		boot_log(why.text);
}

/* False: the image was not started by UEFI, or its map is unusable; the device tree's nodes are
 * used. */
static INIT_CODE bool read_efi_map(struct efi_map *m)
{
	const struct handover *h = handover();
	struct why why = { 0 };

	if (!h)
		return false;
	*m = handover_map(h, boot_log);
	if (!efi_map_ram(m, &why))
		return true;
	boot_log(why.text);
	return false;
}

/* List the memory of the image, the device tree and firmware's tables, which firmware's map need
 * not reserve. */
static INIT_CODE unsigned boot_reservations(struct mem_range *kept, u64 fdt_len)
{
	unsigned nr = 0;

	kept[nr++] = (struct mem_range) { boot_info.image_pa, boot_info.image_len, MEM_IMAGE, 0 };
	kept[nr++] = (struct mem_range) { boot_info.fdt_pa, fdt_len, MEM_DTB, 0 };
	if (boot_info.rsdp_pa != PA_NONE)
		kept[nr++] = (struct mem_range) { boot_info.rsdp_pa, RSDP_BYTES, MEM_RESERVED, 0 };
	/* firmware may start a late hart at the address of the image before its move */
	if (boot_info.moved)
		kept[nr++] = (struct mem_range) { boot_info.image_pa - boot_info.moved,
						  IMAGE_HEAD_BYTES, MEM_RESERVED, 0 };
	return nr;
}

INIT_CODE const void *boot_memory(const void *fdt, u64 page)
{
	struct mem_range kept[KEPT_MAX];
	unsigned nr_kept = boot_reservations(kept, fdt_totalsize(fdt));
	struct efi_map map;
	bool efi = read_efi_map(&map);
	struct why why = { 0 };

	if (fdt_memory(fdt, kept, nr_kept, boot_log, &why))
		boot_stop("memory", &why);
	if (efi)
		efi_map_withhold(&map);
	ram_check(fdt, boot_log);
	reserve_acpi_tables();
	fdt = tree_move(fdt, page, &why);
	if (why.code)
		boot_log(why.text);
	if (withhold_apply(arg_text(&boot_args, ARG_WITHHOLD), boot_log, &why))
		boot_refuse(why.text);
	region_whole_pages(page, boot_log);
	if (!region_is_mapped(boot_info.fdt_pa, fdt_totalsize(fdt))) {
		refuse(&why, ENXIO, "0x%lx is not RAM that can be mapped", boot_info.fdt_pa);
		boot_stop("device tree", &why);
	}
	return fdt;
}
