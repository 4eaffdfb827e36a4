/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/craft.c - builds ACPI tables for tests; see craft.h. */
#include "craft.h"
#include <lib/printf.h>
#include <libfdt.h>
#include <string.h>

#define ROOM (512 * 1024)
#define LISTED 16

static u8 memory[ROOM];
static u64 used, table_at;
static u64 listed[LISTED];
static unsigned listed_nr;
struct why craft_why;
char craft_said[4096];

void craft_begin(void)
{
	memset(memory, 0, sizeof(memory));
	used = 64; /* the RSDP */
	listed_nr = 0;
}

void craft_table(const char name[4], u32 head)
{
	table_at = used = align_up(used, 16);
	used += head;
	memcpy(memory + table_at, name, 4);
	memcpy(memory + table_at + 10, "CRAFT TABLES  ", 14);
}

void craft_at(u32 offset, u64 value, unsigned bytes)
{
	memcpy(memory + table_at + offset, &value, bytes);
}

void craft_put(u64 value, unsigned bytes)
{
	assert_true(used + bytes < ROOM);
	memcpy(memory + used, &value, bytes < 8 ? bytes : 8);
	used += bytes;
}

void craft_text(const char *from, unsigned bytes)
{
	memcpy(memory + used, from, bytes);
	used += bytes;
}

static void sum(u64 at, u32 len, u32 place)
{
	memory[at + place] = 0;
	memory[at + place] = (u8)-table_sum(memory + at, len);
}

void craft_seal(void)
{
	u32 len = (u32)(used - table_at);

	craft_at(4, len, 4);
	sum(table_at, len, 9);
	assert_true(listed_nr < LISTED);
	listed[listed_nr++] = table_at;
}

u8 *craft_last(void)
{
	return memory + table_at;
}

void craft_end(void)
{
	u64 xsdt;

	craft_table("XSDT", 36);
	xsdt = CRAFT_AT + table_at;
	for (unsigned i = 0; i < listed_nr; i++)
		craft_put(CRAFT_AT + listed[i], 8);
	craft_at(4, used - table_at, 4);
	sum(table_at, (u32)(used - table_at), 9);
	memcpy(memory, "RSD PTR ", 8);
	memory[15] = 2;
	memory[20] = 36;
	memcpy(memory + 24, &xsdt, 8);
	sum(0, 20, 8);
	sum(0, 36, 32);
}

void craft_fadt(u16 arm_boot)
{
	craft_table("FACP", 276);
	craft_at(129, arm_boot, 2);
	craft_seal();
}

void craft_spcr(u8 type, u8 access, u64 pa, u32 gsi)
{
	craft_table("SPCR", 80);
	craft_at(36, type, 1);
	craft_at(41, 32, 1);
	craft_at(43, access, 1);
	craft_at(44, pa, 8);
	craft_at(52, gsi ? 0x08 : 0, 1);
	craft_at(54, gsi, 4);
	craft_seal();
}

void craft_mcfg(u64 pa, u16 segment, u8 first, u8 last)
{
	craft_table("MCFG", 44);
	craft_put(pa, 8);
	craft_put(segment, 2);
	craft_put(first, 1);
	craft_put(last, 1);
	craft_put(0, 4);
	craft_seal();
}

void craft_gicc(u64 mpidr, u32 uid, u32 flags)
{
	craft_put(11 | 80 << 8, 4);
	craft_put(uid, 4);
	craft_put(uid, 4);
	craft_put(flags, 4);
	craft_put(0, 8); /* no parking */
	craft_put(0, 8);
	craft_put(0x08010000, 8);
	craft_put(0, 8);
	craft_put(0, 8);
	craft_put(0, 4);
	craft_put(0, 8); /* redistributor */
	craft_put(mpidr, 8);
	craft_put(0, 4);
}

static void craft_gtdt(void)
{
	craft_table("GTDT", 48);
	for (unsigned i = 0; i < 4; i++) {
		static const u8 gsi[] = { 29, 30, 27, 26 };

		craft_put(gsi[i], 4);
		craft_put(i == 3 ? 1 : 2, 4); /* active low, and one edge */
	}
	craft_put(0, 16);
	craft_seal();
}

void craft_arm(unsigned gic, unsigned cpus)
{
	craft_table("APIC", 44);
	craft_put(12 | 24 << 8, 8); /* distributor */
	craft_put(0x08000000, 8);
	craft_put(0, 4);
	craft_put(gic, 4);
	for (unsigned i = 0; i < cpus; i++)
		craft_gicc(i / 4 << 8 | i % 4, i, 1);
	if (gic == 3) {
		craft_put(14 | 16 << 8, 4);
		craft_put(0x080a0000, 8);
		craft_put(0xf60000, 4);
	} else {
		craft_put(13 | 24 << 8, 8); /* frame */
		craft_put(0x08020000, 8);
		craft_put(0, 8);
	}
	craft_seal();
	craft_gtdt();
	craft_fadt(3);
}

static void craft_rhct(unsigned harts)
{
	static const char isa[] = "rv64imac_svinval_zicbom";

	craft_table("RHCT", 40);
	craft_put(10000000, 8);
	craft_put(3 + harts, 4);
	craft_put(56, 4);
	craft_put(0, 2); /* 56: ISA string, 8 + 24 */
	craft_put(8 + sizeof(isa), 2);
	craft_put(1, 2);
	craft_put(sizeof(isa), 2);
	craft_text(isa, sizeof(isa));
	craft_put(1 | 10 << 16, 6); /* 88: block sizes */
	craft_put(6 << 8, 4);
	craft_put(2 | 8 << 16, 6); /* 98: Sv48 */
	craft_put(1 << 8, 2);
	for (unsigned i = 0; i < harts; i++) {
		craft_put(0xffff | 24 << 16, 6);
		craft_put(3, 2);
		craft_put(i, 4);
		craft_put(56, 4);
		craft_put(88, 4);
		craft_put(98, 4);
	}
	craft_seal();
}

void craft_rintc(u32 hart, u32 context, u64 file, u32 bytes)
{
	craft_put(24 | 36 << 8 | 1 << 16, 4);
	craft_put(1, 4);
	craft_put(hart, 8);
	craft_put(hart, 4);
	craft_put(context, 4);
	craft_put(file, 8);
	craft_put(bytes, 4);
}

void craft_plic(u8 id, u16 sources, u64 pa, u32 gsi)
{
	craft_put(27 | 36 << 8 | 1 << 16 | (u32)id << 24, 4);
	craft_put(0, 8);
	craft_put(sources, 4);
	craft_put(0, 4);
	craft_put(0x600000, 4);
	craft_put(pa, 8);
	craft_put(gsi, 4);
}

void craft_aplic(u8 id, u16 contexts, u16 sources, u64 pa, u32 gsi)
{
	craft_put(26 | 36 << 8 | 1 << 16 | (u32)id << 24, 4);
	craft_put(0, 8);
	craft_put(0, 4);
	craft_put(contexts, 2);
	craft_put(sources, 2);
	craft_put(gsi, 4);
	craft_put(pa, 8);
	craft_put(0x8000, 4);
}

static void craft_chip(unsigned harts, bool aplic, bool imsic)
{
	if (aplic)
		craft_aplic(0, imsic ? 0 : (u16)harts, 96, 0x0d000000, 0);
	else
		craft_plic(0, 95, 0x0c000000, 0);
}

void craft_riscv(unsigned harts, bool aplic, bool imsic)
{
	craft_table("APIC", 44);
	for (unsigned i = 0; i < harts; i++)
		craft_rintc(i,
			    imsic   ? 0
			    : aplic ? i
				    : 2 * i + 1,
			    imsic ? 0x28000000 + i * 0x1000 : 0, imsic ? 0x1000 : 0);
	if (imsic) {
		craft_put(25 | 16 << 8 | 1 << 16, 8);
		craft_put(255, 4);
		craft_put(0 | 2 << 8 | 24ul << 24, 4);
	}
	craft_chip(harts, aplic, imsic);
	craft_seal();
	craft_rhct(harts);
	craft_fadt(0);
}

void craft_srat_memory(u32 domain, u64 pa, u64 len, u32 flags)
{
	craft_put(1 | 40 << 8, 2);
	craft_put(domain, 4);
	craft_put(0, 2);
	craft_put(pa, 8);
	craft_put(len, 8);
	craft_put(0, 4);
	craft_put(flags, 4);
	craft_put(0, 8);
}

/* ---- results ---- */

const u8 *craft_bytes(paddr_t pa, u64 len)
{
	return pa >= CRAFT_AT && pa - CRAFT_AT <= used && len <= used - (pa - CRAFT_AT)
		       ? memory + (pa - CRAFT_AT)
		       : NULL;
}

static void log_line(const char *sentence)
{
	size_t at = strlen(craft_said);

	snprintf(craft_said + at, sizeof(craft_said) - at, "%s\n", sentence);
}

bool said(const char *what)
{
	return strstr(craft_said, what) != NULL;
}

const struct tables *craft_tables(void)
{
	static struct tables t; /* keeps the data of the previous machine, which a read discards */

	craft_said[0] = 0;
	craft_why.code = 0;
	t.at = craft_bytes;
	t.log = log_line;
	assert_int_equal(tables_read(&t, CRAFT_AT, &craft_why), 0);
	return &t;
}

const void *craft_tree_in(void *to, u64 size)
{
	if (acpi_tree_make(craft_tables(), to, size, &craft_why))
		return NULL;
	assert_int_equal(fdt_check(to, size, &craft_why), 0);
	return to;
}

const void *craft_tree(void)
{
	static u8 tree[ACPI_TREE_BYTES] __attribute__((aligned(8)));

	return craft_tree_in(tree, sizeof(tree));
}

static const void *prop(const void *fdt, const char *path, const char *name, int *len)
{
	int node = fdt_path_offset(fdt, path);

	*len = 0;
	return node < 0 ? NULL : fdt_getprop(fdt, node, name, len);
}

unsigned cells(const void *fdt, const char *path, const char *name)
{
	int len;

	return prop(fdt, path, name, &len) ? (unsigned)len / 4 : 0;
}

u32 cell(const void *fdt, const char *path, const char *name, unsigned n)
{
	int len;
	const fdt32_t *p = prop(fdt, path, name, &len);

	assert_non_null(p);
	assert_true((int)(n + 1) * 4 <= len);
	return fdt32_ld(p + n);
}

u64 cell_pair(const void *fdt, const char *path, const char *name, unsigned n)
{
	return (u64)cell(fdt, path, name, n) << 32 | cell(fdt, path, name, n + 1);
}

const char *text(const void *fdt, const char *path, const char *name)
{
	int len;
	const char *p = prop(fdt, path, name, &len);

	assert_non_null(p);
	assert_int_equal(p[len - 1], 0);
	return p;
}

bool there(const void *fdt, const char *path)
{
	return fdt_path_offset(fdt, path) >= 0;
}
