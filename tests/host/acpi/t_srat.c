/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi/t_srat.c - memory of an SRAT: lists with exact and wrong lengths, ranges adjacent
 * to, inside and around another, and the window that contains a range.
 */
#include "craft.h"
#include <drivers/acpi/srat.h>
#include <stdlib.h>
#include <string.h>

enum { ON = 1, WINDOW = 2, PERSISTENT = 4 }; /* flags of an entry */

static u8 table[48 + 40 * 40];
static u32 used;
static struct srat s;

static void begin(void)
{
	memset(table, 0, 48);
	used = 48;
}

static void entry(u8 type, u8 length, unsigned bytes)
{
	memset(table + used, 0, bytes);
	table[used] = type;
	table[used + 1] = length;
	used += bytes;
}

static void memory(u32 domain, u64 pa, u64 len, u32 flags)
{
	u8 *e = table + used;

	entry(1, 40, 40);
	memcpy(e + 2, &domain, 4);
	memcpy(e + 8, &pa, 8);
	memcpy(e + 16, &len, 8);
	memcpy(e + 28, &flags, 4);
}

/* The table ends at the end of its allocation. */
static void read_table(void)
{
	u8 *copy = malloc(used);

	memcpy(copy, table, used);
	srat_read(&s, copy, used);
	free(copy);
}

static void ranges_of_ram_lie_apart(void **state)
{
	static const struct {
		u64 pa, len;
		u32 flags;
		unsigned nr, bad;
	} rows[] = {
		{ 3 * GiB, GiB, ON, 2, 0 },
		{ GiB, GiB, ON, 2, 0 },
		{ 3 * GiB - 1, 1, ON, 1, 1 },
		{ 2 * GiB, 1, ON, 1, 1 },
		{ 2 * GiB - 1, 1, ON, 2, 0 },
		{ 3 * GiB, 1, ON, 2, 0 },
		{ 2 * GiB - 1, 2, ON, 1, 1 },
		{ 0, 8 * GiB, ON, 1, 1 },
		{ 2 * GiB, GiB, ON | WINDOW, 2, 0 },
		{ 2 * GiB, GiB, ON | PERSISTENT, 2, 0 },
		{ 2 * GiB, GiB, 0, 1, 0 },
		{ 5 * GiB, 0, ON, 1, 0 },
		{ 0, GiB, ON, 2, 0 },
		{ ~0ul, 1, ON, 1, 1 },
		{ -GiB, GiB, ON, 1, 1 },
		{ -GiB, GiB - 1, ON, 2, 0 },
		{ 5, ~0ul, ON | WINDOW, 1, 1 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		memory(1, 2 * GiB, GiB, ON);
		memory(7, rows[i].pa, rows[i].len, rows[i].flags);
		read_table();
		if (s.nr != rows[i].nr || s.bad != rows[i].bad)
			fail_msg("row %u: %u ranges, %u bad", i, s.nr, s.bad);
		assert_int_equal(s.range[0].proximity, 1);
		if (s.nr == 2) {
			assert_int_equal(s.range[1].pa, rows[i].pa);
			assert_int_equal(s.range[1].len, rows[i].len);
			assert_int_equal(s.range[1].proximity, 7);
			assert_int_equal(s.range[1].hotpluggable, !!(rows[i].flags & WINDOW));
			assert_int_equal(s.range[1].non_volatile, !!(rows[i].flags & PERSISTENT));
		}
	}
}

/* An entry between two ranges; the second is 4 GiB. */
static void lengths_are_those_of_entries(void **state)
{
	static const struct {
		u8 type, length, bytes;
		unsigned nr, bad;
	} rows[] = {
		{ 0, 16, 16, 2, 0 }, { 9, 2, 2, 2, 0 },   { 9, 3, 3, 2, 0 },   { 9, 1, 2, 1, 1 },
		{ 9, 0, 2, 1, 1 },   { 1, 39, 39, 2, 1 }, { 1, 41, 41, 2, 0 }, { 9, 255, 4, 1, 1 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		memory(1, 2 * GiB, GiB, ON);
		entry(rows[i].type, rows[i].length, rows[i].bytes);
		memory(1, 4 * GiB, GiB, ON);
		read_table();
		if (s.nr != rows[i].nr || s.bad != rows[i].bad)
			fail_msg("row %u: %u ranges, %u bad", i, s.nr, s.bad);
	}
	for (unsigned cut = 1; cut <= 40; cut++) { /* the last one ends before its length */
		begin();
		memory(1, 2 * GiB, GiB, ON);
		memory(1, 4 * GiB, GiB, ON);
		used -= cut;
		read_table();
		assert_int_equal(s.nr, 1);
		assert_int_equal(s.bad, cut < 40);
	}
	begin();
	memory(1, 2 * GiB, GiB, ON);
	entry(9, 2, 2);
	read_table();
	assert_int_equal(s.nr, 1);
	assert_int_equal(s.bad, 0);
}

static void as_many_as_fit(void **state)
{
	(void)state;
	for (unsigned nr = SRAT_RANGES; nr <= SRAT_RANGES + 2; nr++) {
		begin();
		for (unsigned i = 0; i < nr; i++)
			memory(i, i * GiB, GiB, ON | (i == SRAT_RANGES - 1 ? WINDOW : 0));
		read_table();
		assert_int_equal(s.nr, SRAT_RANGES);
		assert_int_equal(s.bad, nr - SRAT_RANGES);
		assert_ptr_equal(srat_window(&s, 31 * GiB, GiB), &s.range[31]);
		assert_true(srat_has_windows(&s));
	}
	/* data of an earlier table is discarded */
	begin();
	memory(0, 0, GiB, ON);
	read_table();
	assert_false(srat_has_windows(&s));
	memory(0, GiB, GiB, ON | WINDOW);
	read_table();
	assert_true(srat_has_windows(&s));
	assert_null(srat_window(&s, 31 * GiB, GiB));
	for (unsigned i = 0; i < SRAT_RANGES; i++)
		memory(0, (2 + i) * GiB, GiB, ON);
	read_table();
	assert_null(srat_window(&s, 31 * GiB, GiB));
	begin();
	for (unsigned i = 0; i < SRAT_RANGES; i++)
		memory(0, i * GiB, GiB, ON);
	read_table();
	assert_false(srat_has_windows(&s));
	assert_null(srat_window(&s, 31 * GiB, GiB));
}

static void a_window_holds_the_whole_range(void **state)
{
	static const struct {
		u64 pa, len;
		int window; /* -1: none */
	} rows[] = {
		{ 4 * GiB, GiB, 0 },      { 4 * GiB, 1, 0 },      { 5 * GiB - 1, 1, 0 },
		{ 4 * GiB, GiB + 1, -1 }, { 4 * GiB - 1, 1, -1 }, { 4 * GiB - 1, 2, -1 },
		{ 5 * GiB, 1, -1 },       { 5 * GiB - 1, 2, -1 }, { 5 * GiB + 1, 1, -1 },
		{ 2 * GiB, 1, -1 },       { 0, 4096, 2 },         { 0, 4097, -1 },
		{ 4096, 1, -1 },          { 4097, 1, -1 },        { 4 * GiB + 1, -1ul, -1 },
		{ 4 * GiB + 1, GiB, -1 }, { 8 * GiB, ~0ul, -1 },
	};

	(void)state;
	begin();
	memory(0, 4 * GiB, GiB, ON | WINDOW);
	memory(0, 2 * GiB, GiB, ON);
	memory(0, 0, 4096, ON | WINDOW);
	read_table();
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		if (srat_window(&s, rows[i].pa, rows[i].len) !=
		    (rows[i].window < 0 ? NULL : &s.range[rows[i].window]))
			fail_msg("row %u", i);
}

int run_srat_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_of_ram_lie_apart),
		cmocka_unit_test(lengths_are_those_of_entries),
		cmocka_unit_test(as_many_as_fit),
		cmocka_unit_test(a_window_holds_the_whole_range),
	};

	return cmocka_run_group_tests_name("acpi: srat", tests, NULL, NULL);
}
