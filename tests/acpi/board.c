/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/acpi/board.c - tables and registers of the test board; see board.h. */
#include <boot/boot.h>
#include <drivers/acpi/acpi_firmware.h>
#include <lib/string.h>
#include <mm/page/buddy.h>
#include <tests/acpi/board.h>

#define REGISTERS 0xfe000000ul
#define BLOB (16 * KiB)

extern const u8 aml_board[], aml_board_end[];

struct board_registers *board;
static struct page *page;
u64 board_loses;
void (*board_prepare)(const struct board_tables *);

static const void *machine_fdt(void)
{
	return pa_ptr(boot_info.fdt_pa);
}

static void put(u8 *p, u64 v, unsigned bytes)
{
	for (; bytes; bytes--, v >>= 8)
		*p++ = (u8)v;
}

void board_seal(u8 *t)
{
	t[9] = 0;
	t[9] = (u8)-table_sum(t, table_u32(t + 4));
}

static void head(u8 *t, const char *name, u32 len, u8 revision)
{
	memcpy(t, name, 4);
	put(t + 4, len, 4);
	t[8] = revision;
	memcpy(t + 10, "HOTPL BOARD   ", 14);
}

static void root(u8 *b, paddr_t pa)
{
	memcpy(b, "RSD PTR ", 8);
	memcpy(b + 9, "HOTPL ", 6);
	b[15] = 2;
	put(b + 20, RSDP_BYTES, 4);
	put(b + 24, pa + BOARD_XSDT, 8);
	b[8] = (u8)-table_sum(b, 20);
	b[32] = (u8)-table_sum(b, RSDP_BYTES);
}

static void srat(u8 *s, paddr_t window, u64 len)
{
	u8 *e = s + 48;

	head(s, "SRAT", 48 + 40, 3);
	put(s + 36, 1, 4);
	e[0] = 1;
	e[1] = 40;
	put(e + 8, window, 8);
	put(e + 16, len, 8);
	put(e + 28, 3, 4); /* enabled, hot-pluggable */
	board_seal(s);
}

u32 board_spa(u8 *structures, u32 bytes, paddr_t pa, u64 len)
{
	static const u8 persistent[] = { 0x79, 0xd3, 0xf0, 0x66, 0xf3, 0xb4, 0x74, 0x40,
					 0xac, 0x43, 0x0d, 0x33, 0x18, 0xb7, 0x8c, 0xdb };
	u8 *s = structures + bytes;

	memset(s, 0, 56);
	put(s + 2, 56, 2);
	put(s + 4, 1, 2);
	memcpy(s + 16, persistent, sizeof(persistent));
	put(s + 32, pa, 8);
	put(s + 40, len, 8);
	put(s + 48, 8, 8); /* write back */
	return bytes + 56;
}

void board_nfit(u8 *table, u32 structures)
{
	put(table + 4, 40 + structures, 4);
	board_seal(table);
}

bool board_tables(struct test_run *t, struct board_tables *b, paddr_t window, u64 len)
{
	u64 dsdt = (u64)(aml_board_end - aml_board);

	b->at = firmware_pages(BLOB, &b->pa);
	b->len = BLOB;
	if (!CHECK(t, b->at != NULL) || !CHECK(t, BOARD_DSDT + dsdt <= BLOB))
		return false;
	root(b->at, b->pa);
	head(b->at + BOARD_XSDT, "XSDT", TABLE_HEAD + 24, 1);
	put(b->at + BOARD_XSDT + TABLE_HEAD, b->pa + BOARD_FADT, 8);
	put(b->at + BOARD_XSDT + TABLE_HEAD + 8, b->pa + BOARD_SRAT, 8);
	put(b->at + BOARD_XSDT + TABLE_HEAD + 16, b->pa + BOARD_NFIT, 8);
	board_seal(b->at + BOARD_XSDT);
	head(b->at + BOARD_NFIT, "NFIT", 40, 1);
	board_nfit(b->at + BOARD_NFIT, 0);
	head(b->at + BOARD_FADT, "FACP", 276, 6);
	put(b->at + BOARD_FADT + 112, 1u << 20, 4); /* hardware-reduced */
	put(b->at + BOARD_FADT + 140, b->pa + BOARD_DSDT, 8);
	board_seal(b->at + BOARD_FADT);
	srat(b->at + BOARD_SRAT, window, len);
	memcpy(b->at + BOARD_DSDT, aml_board, dsdt);
	return true;
}

static bool start(struct test_run *t, paddr_t window, u64 len)
{
	struct board_tables b;
	struct why why = { 0 };

	if (!board_tables(t, &b, window, len))
		return false;
	if (board_prepare)
		board_prepare(&b);
	board_prepare = NULL;
	if (!CHECK_OK(t, acpi_machine_read(b.pa, &why), &why))
		return false;
	CHECK(t, acpi_machine()->has_ged);
	return CHECK_OK(t, acpi_source_start(acpi_machine()->root, &why), &why);
}

bool board_up(struct test_run *t, paddr_t window, u64 len)
{
	if (acpi_source_running()) {
		test_skip(t, "the machine's own GED is in use");
		return false;
	}
	page = page_alloc_any(0, ZONE_NORMAL, 0, "acpi board");
	if (!CHECK(t, page != NULL))
		return false;
	board = page_ptr(page);
	memset(board, 0, sizeof(*board));
	osl_io_pretend(REGISTERS, board, sizeof(*board));
	acpi_machine_forget();
	if (start(t, window, len))
		return true;
	board_down(t);
	return false;
}

void board_machine_back(void)
{
	acpi_machine_forget();
	acpi_machine_find(machine_fdt(), NULL);
}

void board_down(struct test_run *t)
{
	struct why why = { 0 };

	event_run();
	CHECK_OK(t, acpi_source_stop(&why), &why);
	CHECK_EQ(t, osl_heap()->allocs, osl_heap()->frees);
	CHECK_EQ(t, osl_heap()->pages, 0);
	CHECK(t, osl_heap()->lost <= board_loses);
	board_loses = 0;
	board_machine_back();
	osl_io_pretend(0, NULL, 0);
	page_free(page, 0);
}

void board_plug(unsigned slot, paddr_t pa, u64 len, u32 flags)
{
	board->slot[slot] = (struct board_slot) { .base = { pa, len }, .flags = flags };
}

void board_interrupt(void)
{
	ged_fire(BOARD_GSI);
	event_run();
}
