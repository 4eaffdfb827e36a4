/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/lib/sgi.c - an SGI reaches only its target CPU; a host test, because QEMU has no GICv3
 * with more than 16 CPUs at one Aff1 (GICD_TYPER.RSS is 0).
 */
#include "unit.h"
#include <arch/arm64/sgi.h>

/* Decode as a GIC does. */
static u64 field(u64 value, unsigned low, unsigned bits)
{
	return value >> low & ((1ul << bits) - 1);
}

static bool reaches(u64 value, u64 hwid)
{
	u64 aff0 = field(hwid, 0, 8);

	return field(value, 48, 8) == field(hwid, 32, 8) &&
	       field(value, 32, 8) == field(hwid, 16, 8) &&
	       field(value, 16, 8) == field(hwid, 8, 8) && field(value, 44, 4) == aff0 / 16 &&
	       field(value, 0, 16) >> aff0 % 16 & 1;
}

static void test_each_aff0_alone(void **state)
{
	(void)state;
	for (u64 to = 0; to < 256; to++)
		for (u64 aff0 = 0; aff0 < 256; aff0++)
			assert_int_equal(
				reaches(gicv3_sgi(0x5a003cc300 | to, 0), 0x5a003cc300 | aff0),
				to == aff0);
}

static void test_fields(void **state)
{
	(void)state;
	assert_int_equal(gicv3_sgi(0x0, 0), 0x1);
	assert_int_equal(gicv3_sgi(0xf, 0), 0x8000);
	assert_int_equal(gicv3_sgi(0x10, 0), 0x100000000001);
	assert_int_equal(gicv3_sgi(0xff, 3), 0xf00003008000);
	assert_int_equal(gicv3_sgi(0x1200030405, 0), 0x12000300040020);
	for (u64 bit = 0; bit < 40; bit++) /* IRM: to all others */
		assert_int_equal(field(gicv3_sgi(1ul << bit, 15), 40, 4), 0);
}

int run_sgi_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_aff0_alone),
		cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests_name("sgi", tests, NULL, NULL);
}
