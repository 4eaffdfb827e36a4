/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/t_early.c - tables that are not read while the early window is small or their
 * addresses are not memory. */
#include "craft.h"
#include <drivers/memory/efi_map.h>
#include <string.h>

struct descriptor { /* longer than required, as firmware's may be */
	u64 type, pa, va, pages, attributes, more;
};

static bool holds(const struct descriptor *list, unsigned nr, paddr_t pa, u64 len)
{
	const struct efi_map map = {
		.raw = list, .bytes = nr * sizeof(*list), .step = sizeof(*list), .version = 1
	};

	return efi_map_holds(&map, pa, len);
}

static void tables_are_looked_at_where_the_map_has_memory(void **state)
{
	const struct descriptor map[] = {
		{ .type = 9, .pa = 0x41000, .pages = 1 },
		{ .type = 7, .pa = 0x40000, .pages = 1 },
		{ .type = 11, .pa = 0x42000, .pages = 4 },
		{ .type = 8, .pa = 0x50000, .pages = 4 },
		{ .type = 0, .pa = 0x60000, .pages = 1 },
		{ .type = 77, .pa = 0x61000, .pages = 1 },
	};

	(void)state;
	assert_true(holds(map, 6, 0x40ff0, 0x20)); /* across two adjacent descriptors */
	assert_true(holds(map, 6, 0x60000, 0x1000));
	assert_false(holds(map, 6, 0x41ff0, 0x20)); /* the second is registers */
	assert_false(holds(map, 6, 0x42000, 4));
	assert_false(holds(map, 6, 0x50000, 4));
	assert_false(holds(map, 6, 0x60ff0, 0x20)); /* type 77 is undefined */
	assert_false(holds(map, 6, 0x3ffff, 1));
	assert_false(holds(map, 6, ~0ul - 3, 16));
	assert_false(holds(map, 0, 0x40000, 4));
}

static unsigned asked;

static const u8 *count(paddr_t pa, u64 len)
{
	asked = len > asked ? (unsigned)len : asked;
	return craft_bytes(pa, len);
}

static void log_line(const char *sentence)
{
	fail_msg("%s", sentence);
}

/* The early window is small: a definition block of 100 KiB would leave no room for the console. */
static void definition_blocks_are_left_alone(void **state)
{
	struct tables t = { .at = count, .log = log_line, .no_aml = true };

	(void)state;
	craft_begin();
	craft_arm(2, 1);
	craft_table("SSDT", 36);
	craft_put(0, 100000);
	craft_seal();
	craft_end();
	asked = 0;
	assert_int_equal(tables_read(&t, CRAFT_AT, &craft_why), 0);
	assert_true(asked < 1000);
	assert_null(tables_find(&t, "SSDT", 0));
	t.no_aml = false;
	assert_int_equal(tables_read(&t, CRAFT_AT, &craft_why), 0);
	assert_non_null(tables_find(&t, "SSDT", 0));
}

int run_early_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_looked_at_where_the_map_has_memory),
		cmocka_unit_test(definition_blocks_are_left_alone),
	};

	return cmocka_run_group_tests_name("acpi: early", tests, NULL, NULL);
}
