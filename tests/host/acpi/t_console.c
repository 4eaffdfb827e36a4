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
		{ 0x0e, 3, "arm,sbsa-uart", 1, 0 }, { 0x12, 2, "ns16550a", 2, 1 },
		{ 0x12, 4, "ns16550a", 1, 0 },      { 0x12, 255, "ns16550a", 1, 0 },
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
		if (!strcmp(rows[i].compatible, "ns16550a")) /* eight registers */
			assert_int_equal(cell_pair(fdt, "/serial@9000000", "reg", 2),
					 8 << rows[i].shift);
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

/* An entry of a DBG2 with `room` bytes and the length field `bytes`, its address at offset 22; an
 * entry that is not usable has no address. */
struct port {
	u16 bytes, room, type, subtype;
	bool usable;
	u64 pa;
};

static void port(const struct port *p)
{
	craft_put(0, 1);
	craft_put(p->bytes, 2);
	craft_put(p->usable, 1);
	craft_put(0, 8);
	craft_put(p->type, 2);
	craft_put(p->subtype, 2);
	craft_put(0, 2);
	craft_put(22, 2);
	craft_put(34, p->room < 22 ? p->room - 20u : 2);
	if (p->room < 34)
		return;
	craft_put(0, 4);
	craft_put(p->pa, 8);
	craft_put(0x1000, p->room - 34u);
}

static void debug_ports(const struct port *p, unsigned nr, u32 length)
{
	craft_begin();
	craft_arm(2, 1);
	craft_table("DBG2", 36);
	craft_put(44, 4);
	craft_put(length, 4);
	for (unsigned i = 0; i < nr; i++)
		port(p + i);
	craft_seal();
	craft_put(0, 64); /* bytes after the table belong to no table */
	craft_end();
}

static void debug_port(u16 type, u16 subtype, u64 pa)
{
	const struct port one = { 38, 38, type, subtype, true, pa };

	debug_ports(&one, 1, 1);
}

#define SECOND 0x09050000ul
#define USABLE                                                                                     \
	{                                                                                          \
		38, 38, 0x8000, 3, true, SECOND                                                    \
	}

/* The list has two entries; the second is a PL011. */
static void the_first_usable_port_of_the_list(void **state)
{
	static const struct {
		struct port first, second;
		u32 length;
		u64 pa; /* 0: none is found */
	} rows[] = {
		{ { 38, 38, 0x8000, 3, true, 0x09040000 }, USABLE, 2, 0x09040000 },
		{ { 38, 38, 0x8001, 3, true, 0x09040000 }, USABLE, 2, SECOND },    /* not serial */
		{ { 38, 38, 0x8000, 0x99, true, 0x09040000 }, USABLE, 2, SECOND }, /* no driver */
		{ { 38, 38, 0x8000, 3, false, 0x09040000 }, USABLE, 2, SECOND },
		{ { 34, 34, 0x8000, 3, true, 0x09040000 }, USABLE, 2, 0x09040000 },
		{ { 33, 34, 0x8000, 3, true, 0x09040000 }, USABLE, 1, 0 }, /* truncated address */
		{ { 22, 22, 0x8000, 3, false, 0 }, USABLE, 2, SECOND },
		{ { 21, 21, 0x8000, 3, false, 0 }, USABLE, 2, 0 }, /* the list ends */
		{ { 21, 21, 0x8000, 3, false, 0 }, USABLE, ~0u, 0 },
		{ { 0, 38, 0x8000, 3, true, 0x09040000 }, USABLE, ~0u, 0 },
		{ { 38, 38, 0x8001, 3, true, 0 }, USABLE, 1, 0 },
		{ { 38, 38, 0x8001, 3, true, 0 }, { 39, 38, 0x8000, 3, true, SECOND }, 2, 0 },
		{ { 38, 38, 0x8001, 3, true, 0 }, { 37, 38, 0x8000, 3, true, SECOND }, 9, SECOND },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct why why = { 0 };
		struct spcr s = { .pa = 0 };
		const struct port two[] = { rows[i].first, rows[i].second };
		int err;

		debug_ports(two, 2, rows[i].length);
		err = spcr_read(&s, craft_tables(), &why);
		if (err != (rows[i].pa ? 0 : -ENODEV) || why.code != err || s.pa != rows[i].pa)
			fail_msg("row %u: %d, 0x%lx", i, err, s.pa);
		assert_int_equal(spcr_read(&s, craft_tables(), NULL), err);
	}
}

static void short_table(const char name[4], u32 len)
{
	craft_begin();
	craft_arm(2, 1);
	craft_table(name, len);
	if (name[0] == 'S') {
		craft_at(36, 3, 1);
		craft_at(44, 0x09000000, 8);
	} else {
		craft_at(36, 44, 4);
		craft_at(40, 1, 3); /* 3 bytes: the table may have only 43 */
	}
	craft_seal();
	craft_end();
}

static void an_spcr_has_58_bytes(void **state)
{
	struct spcr s;

	(void)state;
	short_table("SPCR", 58);
	assert_int_equal(spcr_read(&s, craft_tables(), NULL), 0);
	assert_int_equal(s.pa, 0x09000000);
	short_table("SPCR", 57);
	assert_int_equal(spcr_read(&s, craft_tables(), NULL), -ENODEV);
	short_table("DBG2", 44);
	assert_int_equal(spcr_read(&s, craft_tables(), NULL), -ENODEV);
	short_table("DBG2", 43);
	assert_int_equal(spcr_read(&s, craft_tables(), NULL), -ENODEV);
}

/* Registers have to end below 2^64. */
static void a_uart_lies_within_the_address_space(void **state)
{
	static const struct {
		u64 pa;
		bool inside;
	} rows[] = {
		{ ~0ul, false },     { -0x1000ul, false }, { -0x1001ul, true },
		{ -0x800ul, false }, { 1, true },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct why why = { 0 };
		struct spcr s;

		spcr(3, 3, rows[i].pa, 0);
		assert_int_equal(spcr_read(&s, craft_tables(), &why), rows[i].inside ? 0 : -ENODEV);
		if (!rows[i].inside)
			assert_string_equal(why.text, "acpi: the SPCR names a UART beyond memory");
	}
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
		cmocka_unit_test(the_first_usable_port_of_the_list),
		cmocka_unit_test(an_spcr_has_58_bytes),
		cmocka_unit_test(a_uart_lies_within_the_address_space),
		cmocka_unit_test(where_no_console_is_found_a_sentence_says_why),
	};

	return cmocka_run_group_tests_name("acpi: console", tests, NULL, NULL);
}
