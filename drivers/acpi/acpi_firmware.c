/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/acpi_firmware.c - finds the ACPI tables of this machine; see acpi_firmware.h.
 *
 * The tables that the table loader links, and the tables that tests or this file build, are in
 * pages of the buddy allocator.  `blobs` lists these pages until firmware_forget().
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <drivers/acpi/acpi_firmware.h>
#include <drivers/acpi/loader.h>
#include <drivers/acpi/osl.h>
#include <drivers/firmware/fw_cfg.h>
#include <kern/args.h>
#include <kern/log.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/page/buddy.h>
#include <mm/page/region.h>

#define BLOBS 10
#define SCRIPT_MAX (64 * KiB)

/* Allocations for tables; all of them are freed by firmware_forget(). */
static struct blob {
	struct page *page;
	unsigned order;
} blobs[BLOBS] NOINIT;
static unsigned blobs_nr;

static void acpi_firmware_log(const char *sentence)
{
	kprintf("%s\n", sentence);
}

/* Callback of struct tables.  NULL: no table may be in this memory. */
static const u8 *acpi_table_at(paddr_t pa, u64 len)
{
	return osl_tables_have(pa, len) ? pa_ptr(pa) : NULL;
}

/* At least `bytes` bytes of naturally aligned pages, not zeroed; NULL: no memory or no free slot
 * in `blobs`. */
static void *pages(u64 bytes, paddr_t *pa)
{
	u64 nr = align_up(bytes ? bytes : 1, page_size()) >> page_shift();
	unsigned order = nr > 1 ? log2_u64(nr - 1) + 1 : 0;
	struct page *p = blobs_nr == BLOBS || order > BUDDY_MAX_ORDER
				 ? NULL
				 : page_alloc_any(0, ZONE_NORMAL, order, "acpi tables");

	if (!p)
		return NULL;
	blobs[blobs_nr++] = (struct blob) { p, order };
	*pa = page_pa(p);
	return page_ptr(p);
}

void *firmware_pages(u64 bytes, paddr_t *pa)
{
	void *p = pages(bytes, pa);

	if (!p || osl_tables_allow(*pa, bytes))
		return NULL;
	memset(p, 0, bytes);
	return p;
}

void firmware_forget(void)
{
	while (blobs_nr) {
		struct blob *b = &blobs[--blobs_nr];

		page_free(b->page, b->order);
	}
	osl_tables_forget();
}

/* Callback of the table loader.  A buddy allocation is aligned to its size, which is at least
 * `align`: no alignment beyond that is needed. */
static int load_file(struct loader_file *f, u64 align, struct why *why)
{
	struct fw_cfg_file file;
	int err = fw_cfg_find(f->name, &file, why);

	if (err)
		return err;
	f->size = file.size;
	f->data = firmware_pages(max_u64(f->size, align), &f->pa);
	if (!f->data)
		return refuse(why, ENOMEM, "acpi: no memory for %.40s of %u bytes", f->name,
			      file.size);
	return fw_cfg_read(&file, f->data, file.size, why);
}

static struct loader loader NOINIT;

/* Find the script, select it once, and find it again: QEMU rebuilds its tables when one of them
 * is first selected after a reset, and devices that were plugged in since make them longer, so
 * the sizes in the directory are valid only after the first selection. */
static int find_script(struct fw_cfg_file *script, struct why *why)
{
	int err = fw_cfg_find("etc/table-loader", script, why);
	paddr_t pa;
	void *first = err ? NULL : pages(1, &pa);

	if (first)
		err = fw_cfg_read(script, first, 1, why);
	return err ? err : fw_cfg_find("etc/table-loader", script, why);
}

/* -ENODEV: no fw_cfg, or no table loader on it.  The script itself is untrusted (loader.h). */
static int from_fw_cfg(const void *fdt, paddr_t *rsdp, struct why *why)
{
	const struct loader_file *f;
	struct fw_cfg_file script;
	paddr_t pa;
	u8 *text;
	int err = fw_cfg_init(fdt, why);

	if (!err)
		err = find_script(&script, why);
	if (err)
		return -ENODEV;
	text = script.size > SCRIPT_MAX ? NULL : pages(script.size, &pa);
	if (!text)
		return refuse(why, ENOMEM, "acpi: no memory for a table loader script of %u bytes",
			      script.size);
	memset(&loader, 0, sizeof(loader));
	loader.load = load_file;
	err = fw_cfg_read(&script, text, script.size, why);
	if (!err)
		err = loader_run(&loader, text, script.size, why);
	f = loader_file(&loader, "etc/acpi/rsdp");
	if (!err && !f)
		err = refuse(why, ENODEV, "acpi: the table loader provides no RSDP");
	if (!err)
		*rsdp = f->pa;
	return err;
}

/* UEFI's configuration table has the address of the RSDP.  The tables are in memory that firmware
 * reserved. */
static int from_firmware(paddr_t *rsdp)
{
	osl_tables_allow_reserved();
	*rsdp = boot_info.rsdp_pa;
	return 0;
}

/* acpi=ADDR+SIZE.  boot/start.c reserved the range before any allocation was possible. */
static int from_argument(const char *text, paddr_t *rsdp, struct why *why)
{
	u64 pa, len;
	int err = parse_range(text, &pa, &len, why);

	if (!err && (!region_find(MEM_RESERVED, pa, len) || !region_is_mapped(pa, len)))
		err = refuse(why, ENXIO, "acpi: %s is not reserved memory", text);
	if (!err)
		err = osl_tables_allow(pa, len);
	*rsdp = pa;
	return err;
}

int firmware_read(struct tables *t, paddr_t rsdp, paddr_t *root, struct why *why)
{
	u8 *to;
	int err;

	t->at = acpi_table_at;
	t->log = acpi_firmware_log;
	t->no_aml = false;
	err = tables_read(t, rsdp, why);
	if (err)
		return err;
	to = firmware_pages(tables_root_bytes(t), root);
	if (!to)
		return refuse(why, ENOMEM, "acpi: no memory for a list of tables");
	tables_root(t, to, *root);
	return 0;
}

int firmware_rsdp(const void *fdt, paddr_t *rsdp, struct why *why)
{
	const char *text = arg_text(NULL, ARG_ACPI);
	int err;

	if (!strcmp(text, "off"))
		return refuse(why, ENODEV, "acpi: off by argument");
	if (strcmp(text, "auto"))
		err = from_argument(text, rsdp, why);
	else if (boot_info.rsdp_pa != PA_NONE)
		err = from_firmware(rsdp);
	else
		err = from_fw_cfg(fdt, rsdp, why);
	if (err)
		firmware_forget();
	return err;
}
