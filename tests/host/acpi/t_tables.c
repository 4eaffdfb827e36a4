/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/t_tables.c - the hash that tells machines apart, by their tables. */
#include "craft.h"
#include <string.h>

enum { AS_IS, OTHER_ORDER, ELSEWHERE, OTHER_FIXED, OTHER_LOOSE, ONE_LESS, OTHER_REVISION };

static void table(const char name[4], u32 value, u8 revision)
{
	craft_table(name, 36);
	craft_at(8, revision, 1);
	craft_put(value, 4);
	craft_seal();
}

/* A body counts of tables that have no addresses of RAM. */
static u32 hash(unsigned how)
{
	craft_begin();
	if (how == ELSEWHERE)
		craft_put(0, 512);
	if (how != OTHER_ORDER)
		table("APIC", 1, 1);
	table("SRAT", how == OTHER_FIXED ? 7 : 2, 1);
	table("XYZT", how == OTHER_LOOSE ? 7 : 3, 1);
	if (how != ONE_LESS)
		table("SLIT", 4, how == OTHER_REVISION ? 2 : 1);
	if (how == OTHER_ORDER)
		table("APIC", 1, 1);
	craft_end();
	return tables_hash(craft_tables());
}

static void a_machine_is_the_same_wherever_its_tables_are(void **state)
{
	u32 same;

	(void)state;
	same = hash(AS_IS);
	assert_int_equal(hash(OTHER_ORDER), same);
	assert_int_equal(hash(ELSEWHERE), same);
	assert_int_equal(hash(OTHER_LOOSE), same);
}

static void another_machine_is_another(void **state)
{
	u32 same;

	(void)state;
	same = hash(AS_IS);
	assert_int_not_equal(hash(OTHER_FIXED), same);
	assert_int_not_equal(hash(ONE_LESS), same);
	assert_int_not_equal(hash(OTHER_REVISION), same);
}

static void definition_block(u32 value)
{
	u64 at;

	craft_begin();
	craft_table("DSDT", 36);
	craft_put(value, 4);
	craft_seal();
	at = CRAFT_AT + 64; /* the first table is behind the RSDP */
	craft_table("FACP", 276);
	craft_at(140, at, 8);
	craft_seal();
	craft_end();
}

static void the_dsdt_counts_too(void **state)
{
	u32 one;

	(void)state;
	definition_block(1);
	assert_int_not_equal(craft_tables()->dsdt.len, 0);
	one = tables_hash(craft_tables());
	definition_block(2);
	assert_int_not_equal(tables_hash(craft_tables()), one);
	definition_block(1);
	assert_int_equal(tables_hash(craft_tables()), one);
}

int run_table_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_is_the_same_wherever_its_tables_are),
		cmocka_unit_test(another_machine_is_another),
		cmocka_unit_test(the_dsdt_counts_too),
	};

	return cmocka_run_group_tests_name("acpi: tables", tests, NULL, NULL);
}
