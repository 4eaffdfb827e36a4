/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/t_console.c - SPCR, DBG2, and machines without a console. */
#include "craft.h"
#include <string.h>

static void spcr(u8 type, u8 access, u64 pa, u32 gsi)
{
	craft_begin();
	craft_arm(2, 1);
	craft_spcr(type, access, pa, gsi);
	craft_end();
}

static void a_uart_is_of_the_kind_that_the_spcr_says(void **state)
{
	static const struct {
		u8 type, access;
		const char *compatible;
		u32 width, shift;
	} rows[] = {
		{ 0x00, 1, "ns16550a", 1, 0 },      { 0x00, 3, "ns16550a", 4, 2 },
		{ 0x01, 0, "ns16550a", 1, 0 },      { 0x12, 1, "ns16550a", 1, 0 },
		{ 0x03, 3, "arm,pl011", 1, 0 },     { 0x0d, 3, "arm,sbsa-uart", 1, 0 },
		{ 0x0e, 3, "arm,sbsa-uart", 1, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const void *fdt;

		spcr(rows[i].type, rows[i].access, 0x09000000, 33);
		fdt = craft_tree();
		assert_string_equal(text(fdt, "/serial@9000000", "compatible"), rows[i].compatible);
		assert_int_equal(cell(fdt, "/serial@9000000", "reg-io-width", 0), rows[i].width);
		assert_int_equal(cell(fdt, "/serial@9000000", "reg-shift", 0), rows[i].shift);
		assert_int_equal(cell(fdt, "/serial@9000000", "interrupts", 1), 1);
		assert_true(fdt_stdout(fdt, NULL) >= 0);
		assert_null(acpi_console_missing(craft_bytes, CRAFT_AT, &craft_why));
	}
}

static void without_an_interrupt_it_is_polled(void **state)
{
	(void)state;
	spcr(3, 3, 0x09000000, 0);
	assert_int_equal(cells(craft_tree(), "/serial@9000000", "interrupts"), 0);
	spcr(3, 3, 0x09000000, 4000);
	assert_int_equal(cells(craft_tree(), "/serial@9000000", "interrupts"), 0);
}

static void debug_port(u16 type, u16 subtype, u64 pa)
{
	craft_begin();
	craft_arm(2, 1);
	craft_table("DBG2", 36);
	craft_put(44, 4);
	craft_put(1, 4);
	craft_put(0, 1);
	craft_put(22 + 16, 2);
	craft_put(1, 1);
	craft_put(0, 8);
	craft_put(type, 2);
	craft_put(subtype, 2);
	craft_put(0, 2);
	craft_put(22, 2);
	craft_put(34, 2);
	craft_put(0, 4);
	craft_put(pa, 8);
	craft_put(0x1000, 4);
	craft_seal();
	craft_end();
}

static void a_debug_port_serves_where_there_is_no_spcr(void **state)
{
	const void *fdt;

	(void)state;
	debug_port(0x8000, 3, 0x09040000);
	fdt = craft_tree();
	assert_string_equal(text(fdt, "/serial@9040000", "compatible"), "arm,pl011");
	assert_null(acpi_console_missing(craft_bytes, CRAFT_AT, &craft_why));
	debug_port(0x8001, 3, 0x09040000); /* not serial */
	assert_false(there(craft_tree(), "/chosen"));
}

static void where_no_console_is_found_a_sentence_says_why(void **state)
{
	(void)state;
	craft_begin();
	craft_arm(2, 1);
	craft_end();
	assert_string_equal(acpi_console_missing(craft_bytes, CRAFT_AT, &craft_why),
			    "acpi: no SPCR, so no console is known");
	assert_non_null(craft_tree());
	assert_true(said("no SPCR"));
	spcr(0x0f, 0, 0x09000000, 0);
	assert_string_equal(acpi_console_missing(craft_bytes, CRAFT_AT, &craft_why),
			    "acpi: no driver for the UART that the SPCR names (type 0xf)");
	spcr(3, 0, 0, 0);
	assert_string_equal(acpi_console_missing(craft_bytes, CRAFT_AT, &craft_why),
			    "acpi: the SPCR names a UART at no address in memory");
	assert_non_null(craft_tree());
	spcr(3, 0, ~0ul - 16, 0);
	assert_non_null(acpi_console_missing(craft_bytes, CRAFT_AT, &craft_why));
	spcr(3, 0, 0x09000000, 0);
	assert_non_null(
		acpi_console_missing(craft_bytes, CRAFT_AT + 16, &craft_why)); /* no RSDP there */
}

int run_console_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uart_is_of_the_kind_that_the_spcr_says),
		cmocka_unit_test(without_an_interrupt_it_is_polled),
		cmocka_unit_test(a_debug_port_serves_where_there_is_no_spcr),
		cmocka_unit_test(where_no_console_is_found_a_sentence_says_why),
	};

	return cmocka_run_group_tests_name("acpi: console", tests, NULL, NULL);
}
