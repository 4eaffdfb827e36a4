/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_memory/firmware.c - drivers/acpi/acpi_firmware.c: pages for tables are
 * sufficient, cleared, permitted to ACPICA and freed; the source of the RSDP, and the reason if
 * none is found.
 */
#include "pages.h"
#include <boot/boot.h>
#include <drivers/acpi/acpi_firmware.h>
#include <drivers/acpi/osl.h>
#include <drivers/firmware/fw_cfg.h>
#include <fakes/log.h>
#include <kern/args.h>
#include <mm/page/region.h>

#define RSDP 0x40100100ul
#define SLOTS 10u /* allocations of tables, and ranges that ACPICA may map: limits of the files */
#define RANGES 8u

struct boot_info boot_info = { .rsdp_pa = PA_NONE };
static const char *word = "auto";
static struct {
	bool absent, no_script, unreadable;
	u32 grows_by;    /* at the first selection of the script */
	u32 script_size; /* instead of the real size */
	u32 table_size;
	unsigned selected;
} fw;

/* ---- functions that the file calls ---- */
const char *arg_text(const struct args *a, enum arg_id id)
{
	WANT(!a && id == ARG_ACPI);
	return word;
}

int parse_range(const char *text, u64 *start, u64 *len, struct why *why)
{
	*start = strcmp(text, "elsewhere") ? RSDP - 0x100 : 0x50000000;
	*len = 0x2000;
	return strcmp(text, "bad") ? 0 : refuse(why, EINVAL, "no range");
}

static u8 script[5 * 128];

int fw_cfg_init(const void *fdt, struct why *why)
{
	WANT(fdt == &fw);
	return fw.absent ? refuse(why, ENODEV, "no fw_cfg") : 0;
}

enum { SCRIPT = 40, TABLES, ROOT };

int fw_cfg_find(const char *name, struct fw_cfg_file *file, struct why *why)
{
	if (!strcmp(name, "etc/table-loader") && !fw.no_script)
		*file = (struct fw_cfg_file) { fw.script_size ? fw.script_size : sizeof(script),
					       SCRIPT };
	else if (!strcmp(name, "etc/acpi/tables"))
		*file = (struct fw_cfg_file) { fw.table_size, TABLES };
	else if (!strcmp(name, "etc/acpi/rsdp"))
		*file = (struct fw_cfg_file) { 36, ROOT };
	else
		return refuse(why, ENOENT, "no %s", name);
	return 0;
}

int fw_cfg_read(const struct fw_cfg_file *file, void *to, u32 size, struct why *why)
{
	WANT(pages_hold(to, size));
	if (fw.unreadable)
		return refuse(why, EIO, "fw_cfg does not answer");
	if (file->selector == SCRIPT) {
		if (!fw.selected++)
			fw.table_size += fw.grows_by;
		memset(to, 0, size);
		memcpy(to, script, size < sizeof(script) ? size : sizeof(script));
	} else {
		WANT(fw.selected >= 2 && size == file->size);
		for (u32 i = 0; i < size; i++)
			WANT(((u8 *)to)[i] == 0);
		memset(to, file->selector, size);
	}
	return 0;
}

int tables_read(struct tables *t, paddr_t rsdp, struct why *why)
{
	WANT(t->at(RSDP, 8) == NULL);
	t->nr = 3;
	t->log("a line");
	return rsdp == RSDP ? 0 : refuse(why, EINVAL, "no RSDP there");
}

u64 tables_root_bytes(const struct tables *t)
{
	return PAGE + t->nr;
}

static const u8 *root_at;

void tables_root(const struct tables *t, u8 *to, paddr_t pa)
{
	WANT(pages_hold(to, PAGE + 3) && pages_pa(to) == pa && !to[0] && !to[PAGE + 2]);
	root_at = to;
}

/* ---- pages ---- */
static void sizes(void)
{
	static const struct {
		u64 bytes;
		int order;
	} rows[] = {
		{ 0, 0 },        { 1, 0 },      { PAGE - 1, 0 }, { PAGE, 0 }, { PAGE + 1, 1 },
		{ 2 * PAGE, 1 }, { 8193, 2 },   { 3 * PAGE, 2 }, { 5000, 1 }, { 4 * PAGE, 2 },
		{ 20000, 3 },    { 131072, 5 }, { 4 * MiB, 10 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		paddr_t pa = 0;
		u8 *p;

		pages_begin(12);
		p = firmware_pages(rows[i].bytes, &pa);
		WANT(p && pages_order(p) == rows[i].order && pages_pa(p) == pa);
		WANT(!rows[i].bytes || osl_tables_have(pa, rows[i].bytes));
		WANT(!osl_tables_have(pa, rows[i].bytes + 1) && !osl_tables_have(pa - 1, 1));
		for (u64 n = 0; p && n < rows[i].bytes; n++)
			WANT(p[n] == 0);
		firmware_forget();
		WANT(!pages_live && !osl_tables_have(pa, 1));
	}
}

static void slots(void)
{
	paddr_t pa;

	pages_begin(12);
	WANT(!firmware_pages(4 * MiB + 1, &pa) && !page_allocs);
	no_pages = true;
	WANT(!firmware_pages(1, &pa) && page_allocs == 1);
	no_pages = false;
	for (unsigned i = 0; i < RANGES; i++)
		WANT(firmware_pages(100, &pa));
	for (unsigned i = RANGES; i < SLOTS; i++)
		WANT(!firmware_pages(100, &pa)); /* ACPICA could not map it */
	WANT(pages_live == SLOTS && page_allocs == SLOTS + 1);
	WANT(!firmware_pages(100, &pa) && page_allocs == SLOTS + 1);
	firmware_forget();
	WANT(!pages_live && firmware_pages(100, &pa));
	firmware_forget();
	firmware_forget();
	WANT(!pages_live);
}

/* ---- addresses of tables ---- */
static bool mapped = true;

bool region_is_mapped(paddr_t pa, u64 len)
{
	WANT(pa && len);
	return mapped;
}

static int rsdp(const char *arg, paddr_t *pa, struct why *why)
{
	word = arg;
	*why = (struct why) { 0 };
	*pa = 0;
	return firmware_rsdp(&fw, pa, why);
}

static void from_words(void)
{
	struct why why;
	paddr_t pa;

	pages_begin(12);
	WANT(rsdp("off", &pa, &why) == -ENODEV);
	WANT_TEXT(why.text, "acpi: off by argument");
	WANT(rsdp("bad", &pa, &why) == -EINVAL);
	WANT(rsdp("0x40100000+8K", &pa, &why) == 0 && pa == RSDP - 0x100);
	WANT(osl_tables_have(pa, 0x2000) && !osl_tables_have(pa, 0x2001));
	WANT(!osl_tables_have(pa - 1, 1));
	WANT(rsdp("elsewhere", &pa, &why) == -ENXIO && !osl_tables_have(0x50000000, 1));
	WANT_TEXT(why.text, "acpi: elsewhere is not reserved memory");
	mapped = false;
	WANT(rsdp("0x40100000+8K", &pa, &why) == -ENXIO && !osl_tables_have(RSDP, 36));
	mapped = true;
	firmware_forget();
	boot_info.rsdp_pa = RSDP;
	WANT(rsdp("auto", &pa, &why) == 0 && pa == RSDP && osl_tables_have(RSDP, 36));
	firmware_forget();
	boot_info.rsdp_pa = PA_NONE;
	for (unsigned i = 0; i < RANGES; i++)
		osl_tables_allow(BASE, 1);
	WANT(rsdp("0x40100000+8K", &pa, &why) == -ENOMEM && !osl_tables_have(BASE, 1));
}

static void entry(unsigned n, u32 command, const char *file, u32 align)
{
	u8 *p = script + n * 128;

	memcpy(p, &command, 4);
	strcpy((char *)p + 4, file);
	memcpy(p + 4 + 56, &align, 4);
}

/* File sizes are final once the script was selected; then each file receives pages for its size. */
static void from_loader(void)
{
	struct why why;
	paddr_t pa;

	pages_begin(12);
	memset(script, 0, sizeof(script));
	entry(0, 1, "etc/acpi/tables", 64);
	entry(1, 1, "etc/acpi/rsdp", 16 * PAGE);
	fw.table_size = 2 * PAGE;
	fw.grows_by = 1;
	WANT(rsdp("auto", &pa, &why) == 0 && fw.selected == 2);
	/* pages for the script, tables with alignment, and RSDP */
	WANT(pages_live == 1 + 1 + 4 + 16);
	WANT(osl_tables_have(pa, 36) && *(u8 *)pa_ptr(pa) == ROOT && is_aligned(pa, 16 * PAGE));
	firmware_forget();
	WANT(!pages_live);
}

static void fails(int code, const char *sentence)
{
	struct why why;
	paddr_t pa;

	fw.selected = 0;
	fw.table_size = 8;
	fw.grows_by = 0;
	WANT(rsdp("auto", &pa, &why) == code && !!pages_live == !code);
	firmware_forget();
	if (sentence)
		WANT_TEXT(why.text, sentence);
}

static void loader_fails(void)
{
	struct {
		bool *what;
		int code;
		const char *sentence;
	} rows[] = {
		{ &fw.absent, -ENODEV, "no fw_cfg" },
		{ &fw.no_script, -ENODEV, "no etc/table-loader" },
		{ &fw.unreadable, -ENODEV, "fw_cfg does not answer" },
	};

	pages_begin(12);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		*rows[i].what = true;
		fails(rows[i].code, rows[i].sentence);
		*rows[i].what = false;
	}
	fw.script_size = 64 * KiB + 1;
	fails(-ENOMEM, "acpi: no memory for a table loader script of 65537 bytes");
	fw.script_size = 64 * KiB;
	fails(0, NULL);
	fw.script_size = 128;
	fails(-ENODEV, "acpi: the table loader provides no RSDP");
	fw.script_size = 0;
	entry(2, 1, "etc/other", 1);
	fails(-ENOENT, "no etc/other");
	entry(2, 9, "", 1);
	entry(0, 1, "etc/acpi/tables", 8 * MiB);
	fails(-ENOMEM, "acpi: no memory for etc/acpi/tables of 8 bytes");
	no_pages = true;
	fails(-ENOMEM, NULL);
	no_pages = false;
}

static void read(void)
{
	static struct tables t;
	struct why why = { 0 };
	paddr_t root = 0;

	pages_begin(12);
	WANT(firmware_read(&t, RSDP, &root, &why) == 0 && pages_live == 2);
	WANT_TEXT(fake_line, "a line\n");
	WANT(root_at && pages_pa(root_at) == root && osl_tables_have(root, PAGE + 3));
	WANT(t.at(root, PAGE + 3) == root_at && !t.at(root, PAGE + 4));
	firmware_forget();
	WANT(firmware_read(&t, RSDP + 1, &root, &why) == -EINVAL);
	WANT_TEXT(why.text, "no RSDP there");
	no_pages = true;
	WANT(firmware_read(&t, RSDP, &root, &why) == -ENOMEM);
	WANT_TEXT(why.text, "acpi: no memory for a list of tables");
	no_pages = false;
}

void firmware_tests(void)
{
	sizes();
	slots();
	from_words();
	from_loader();
	loader_fails();
	read();
}
