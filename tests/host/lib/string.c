/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/lib/string.c - memory functions at every alignment and length against plain loops;
 * text functions at their limits.  Bytes around the destination must not change.
 */
#include "unit.h"
#include <lib/rng.h>
#include <lib/shim/stdlib.h>
#include <lib/string.h>

#define SPACE 256
#define LONGEST 160

static u8 before[SPACE], got[SPACE], want[SPACE];

static void fresh(void)
{
	struct rng r = { 42 };

	for (unsigned i = 0; i < SPACE; i++)
		before[i] = got[i] = want[i] = (u8)rng_next(&r);
}

static void naive_move(unsigned to, unsigned from, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		want[to + i] = before[from + i];
}

static void memcpy_copies_exactly(void **state)
{
	(void)state;
	for (unsigned to = 16; to < 24; to++)
		for (unsigned from = 0; from < 8; from++)
			for (unsigned n = 0; n < LONGEST; n++) {
				fresh();
				naive_move(to, from, n);
				assert_ptr_equal(memcpy(got + to, before + from, n), got + to);
				assert_memory_equal(got, want, SPACE);
			}
}

static void memmove_survives_overlap(void **state)
{
	(void)state;
	for (unsigned to = 0; to < 40; to++)
		for (unsigned from = 0; from < 40; from++)
			for (unsigned n = 0; n < LONGEST; n += 1 + n / 24) {
				fresh();
				naive_move(to, from, n);
				assert_ptr_equal(memmove(got + to, got + from, n), got + to);
				assert_memory_equal(got, want, SPACE);
			}
}

static void memset_fills_exactly(void **state)
{
	(void)state;
	for (unsigned to = 0; to < 16; to++)
		for (unsigned n = 0; n < LONGEST; n++) {
			fresh();
			for (unsigned i = 0; i < n; i++)
				want[to + i] = 0xa5;
			assert_ptr_equal(memset(got + to, 0x1a5, n), got + to);
			assert_memory_equal(got, want, SPACE);
		}
}

static void memory_is_compared_as_unsigned(void **state)
{
	(void)state;
	assert_int_equal(memcmp("abc", "abc", 3), 0);
	assert_int_equal(memcmp("abc", "abd", 2), 0);
	assert_true(memcmp("ab\x80", "ab\x7f", 3) > 0);
	assert_true(memcmp("a", "b", 1) < 0);
	assert_int_equal(memcmp("a", "b", 0), 0);
	assert_null(memchr("abc", 'd', 3));
	assert_null(memchr("abc", 'c', 2));
	assert_string_equal(memchr("abc", 'b', 3), "bc");
}

static void text_is_measured_and_compared(void **state)
{
	(void)state;
	assert_int_equal(strlen(""), 0);
	assert_int_equal(strlen("four"), 4);
	assert_int_equal(strnlen("four", 3), 3);
	assert_int_equal(strnlen("four", 9), 4);
	assert_int_equal(strcmp("a", "a"), 0);
	assert_true(strcmp("a", "ab") < 0);
	assert_true(strcmp("\xff", "a") > 0);
	assert_int_equal(strncmp("abc", "abd", 2), 0);
	assert_true(strncmp("abc", "abd", 3) < 0);
	assert_int_equal(strncmp("ab", "ab", 9), 0);
	assert_int_equal(strncmp("x", "y", 0), 0);
}

static void text_is_searched(void **state)
{
	const char *s = "memory";

	(void)state;
	assert_ptr_equal(strchr(s, 'm'), s);
	assert_ptr_equal(strrchr(s, 'm'), s + 2);
	assert_ptr_equal(strchr(s, '\0'), s + 6);
	assert_ptr_equal(strrchr(s, '\0'), s + 6);
	assert_null(strchr(s, 'q'));
	assert_null(strrchr(s, 'q'));
	assert_ptr_equal(strstr(s, "mo"), s + 2);
	assert_ptr_equal(strstr(s, ""), s);
	assert_null(strstr(s, "moy"));
	assert_null(strstr(s, "memoryx"));
}

static void strtoul_is_the_standards(void **state)
{
	static const struct {
		const char *text;
		int base;
		unsigned long value;
		int used;
	} rows[] = {
		{ "123", 10, 123, 3 },
		{ " \t-1", 0, -1ul, 4 },
		{ "0x1fZ", 0, 31, 4 },
		{ "017", 0, 15, 3 },
		{ "0x", 16, 0, 1 },
		{ "0xg", 0, 0, 1 },
		{ "zz", 36, 35 * 37, 2 },
		{ "", 10, 0, 0 },
		{ "+", 10, 0, 0 },
		{ "12a", 10, 12, 2 },
		{ "18446744073709551615", 10, ~0ul, 20 },
		{ "18446744073709551616", 10, ~0ul, 20 },
		{ "8", 8, 0, 0 },
	};
	char *end;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(strtoul(rows[i].text, &end, rows[i].base) == rows[i].value);
		assert_int_equal(end - rows[i].text, rows[i].used);
	}
	assert_true(strtoul("7", NULL, 10) == 7);
}

int run_string_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memcpy_copies_exactly),
		cmocka_unit_test(memmove_survives_overlap),
		cmocka_unit_test(memset_fills_exactly),
		cmocka_unit_test(memory_is_compared_as_unsigned),
		cmocka_unit_test(text_is_measured_and_compared),
		cmocka_unit_test(text_is_searched),
		cmocka_unit_test(strtoul_is_the_standards),
	};

	return cmocka_run_group_tests_name("lib.string", tests, NULL, NULL);
}
