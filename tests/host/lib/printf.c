/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/lib/printf.c - lib's formatter against the C library's: every flag, width,
 * precision and length with edge values, into buffers of every size.
 */
#include "unit.h"
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/rng.h>

/* The compiler's builtin, which the renaming of lib's function does not affect. */
#define oracle(buf, size, ...) __builtin_snprintf(buf, size, __VA_ARGS__)

static const u64 edges[] = {
	0,
	1,
	7,
	8,
	9,
	10,
	99,
	127,
	128,
	255,
	256,
	32767,
	32768,
	65535,
	65536,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x100000000,
	0x7fffffffffffffff,
	0x8000000000000000,
	~0ul,
	~1ul,
};

static void build_format(char *out, struct rng *r, bool number)
{
	static const char flags[] = "-0+ #";
	static const char *const lengths[] = { "", "h", "hh", "l", "ll", "z" };
	static const char conversions[] = "diuxXo";
	char *p = out;

	*p++ = '<';
	*p++ = '%';
	for (unsigned i = 0; i < 5; i++)
		if (rng_below(r, 3) == 0 && (number || flags[i] == '-'))
			*p++ = flags[i];
	if (rng_below(r, 2))
		p += oracle(p, 4, "%u", (unsigned)rng_below(r, 30) + 1);
	if (rng_below(r, 2))
		p += oracle(p, 4, ".%u", (unsigned)rng_below(r, 26));
	if (number)
		p += oracle(p, 4, "%s%c", lengths[rng_below(r, 6)], conversions[rng_below(r, 6)]);
	else
		*p++ = 's';
	*p++ = '>';
	*p = '\0';
}

static void check_text(const char *format, const char *got, int n, const char *want, int m)
{
	if (n != m || __builtin_strcmp(got, want))
		fail_msg("%s: got %d \"%s\", wanted %d \"%s\"", format, n, got, m, want);
}

static void numbers_are_those_of_the_c_library(void **state)
{
	struct rng r = { 0x5eed0001 };
	char format[32], got[128], want[128];

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		u64 v = rng_below(&r, 2) ? edges[rng_below(&r, ARRAY_SIZE(edges))] : rng_next(&r);

		build_format(format, &r, true);
		check_text(format, got, snprintf(got, sizeof(got), format, v), want,
			   oracle(want, sizeof(want), format, v));
	}
}

static void strings_are_those_of_the_c_library(void **state)
{
	static const char *const texts[] = { "", "a", "memory", "twenty-six letters and one" };
	struct rng r = { 0x5eed0002 };
	char format[32], got[128], want[128];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		const char *t = texts[rng_below(&r, ARRAY_SIZE(texts))];

		build_format(format, &r, false);
		check_text(format, got, snprintf(got, sizeof(got), format, t), want,
			   oracle(want, sizeof(want), format, t));
	}
}

static void every_size_is_bounded(void **state)
{
	char got[40], want[40];

	(void)state;
	for (size_t size = 0; size < sizeof(got); size++) {
		int n, m;

		__builtin_memset(got, '#', sizeof(got));
		__builtin_memset(want, '#', sizeof(want));
		n = snprintf(got, size, "a%5d|%-6s|%#lx%c", -42, "xyz", 0xabcdul, 'q');
		m = oracle(want, size, "a%5d|%-6s|%#lx%c", -42, "xyz", 0xabcdul, 'q');
		assert_int_equal(n, m);
		assert_memory_equal(got, want, sizeof(got));
	}
}

static const char *const volatile no_text;

static void the_rest(void **state)
{
	const char *volatile unknown = "%q %5", *volatile end = "100%";
	char buf[64];

	(void)state;
	assert_int_equal(snprintf(buf, sizeof(buf), "%*d|%-*d|%.*s", 4, 7, 4, 7, 2, "abc"), 12);
	assert_string_equal(buf, "   7|7   |ab");
	snprintf(buf, sizeof(buf), "%*d|%.*d", -4, 7, -1, 5);
	assert_string_equal(buf, "7   |5");
	snprintf(buf, sizeof(buf), "%s %p %c%%", no_text, (void *)0x1234, 'c');
	assert_string_equal(buf, "(null) 0x1234 c%");
	snprintf(buf, sizeof(buf), unknown);
	assert_string_equal(buf, "%q %5");
	snprintf(buf, sizeof(buf), end);
	assert_string_equal(buf, "100%");
	assert_int_equal(snprintf(NULL, 0, "%d", 12345), 5);
}

static void sizes_are_exact(void **state)
{
	static const struct {
		u64 bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 17, "17 B" },
		{ 1024, "1 KiB" },
		{ 292 * KiB, "292 KiB" },
		{ 1008 * MiB, "1008 MiB" },
		{ GiB, "1 GiB" },
		{ 1536 * MiB, "1536 MiB" },
		{ 4 * TiB, "4 TiB" },
		{ 1ul << 63, "8388608 TiB" },
		{ ~0ul, "18446744073709551615 B" },
	};
	char buf[24];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(size_text(rows[i].bytes, buf), rows[i].text);
}

static void errors_have_names_and_sentences(void **state)
{
	struct why why = { 0 };
	char want[184];

	(void)state;
	assert_string_equal(err_name(-EBUSY), "-EBUSY");
	assert_string_equal(err_name(-EOPNOTSUPP), "-EOPNOTSUPP");
	assert_string_equal(err_name(0), "ok");
	assert_string_equal(err_name(-9999), "-E?");
	assert_int_equal(refuse(&why, EBUSY, "block %d", 16), -EBUSY);
	assert_int_equal(why.code, -EBUSY);
	assert_string_equal(why.text, "block 16");
	assert_int_equal(refuse(NULL, ENOMEM, "no caller reads this"), -ENOMEM);
	refuse(&why, EINVAL, "%0300d", 1);
	oracle(want, sizeof(want), "%0183d", 0);
	assert_string_equal(why.text, want);
}

int run_printf_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_of_the_c_library),
		cmocka_unit_test(strings_are_those_of_the_c_library),
		cmocka_unit_test(every_size_is_bounded),
		cmocka_unit_test(the_rest),
		cmocka_unit_test(sizes_are_exact),
		cmocka_unit_test(errors_have_names_and_sentences),
	};

	return cmocka_run_group_tests_name("lib.printf", tests, NULL, NULL);
}
