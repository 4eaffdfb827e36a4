/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/shell/select.c - globs on tests that the real macro registers here. */
#include "unit.h"
#include <lib/string.h>
#include <tests/harness/select.h>

static const char *const sizes[] = { "section", "1g", NULL };
static const struct {
	u64 number;
	const char *name;
} things[] = { { 7, "seven" }, { 8, "eight" }, { 9, "nine" } };

TEST(aa, one, .claim = "first")
{
	(void)t;
}

TEST(aa, two, .claim = "second", .slow = true)
{
	(void)t;
}

TEST(bb, sized, .claim = "third", .params = sizes)
{
	(void)t;
}

TEST(dd, things, .claim = "fourth", .params = PARAMS_OF(things))
{
	(void)t;
}

static void counts(void **state)
{
	static const struct {
		const char *glob;
		unsigned n, slow;
	} rows[] = {
		{ "all", 7, 1 },         { "*", 7, 1 },
		{ "quick", 6, 0 },       { "aa.*", 2, 1 },
		{ "aa.one", 1, 0 },      { "bb.sized", 2, 0 },
		{ "bb.sized/1g", 1, 0 }, { "bb.*/section", 1, 0 },
		{ "aa.one,bb.*", 3, 0 }, { "aa.one,aa.*", 2, 1 },
		{ "none", 0, 0 },        { "", 0, 0 },
		{ ",", 0, 0 },           { "*.sized", 2, 0 },
		{ "aa", 0, 0 },          { "cc.*,quick", 6, 0 },
		{ "dd.things", 3, 0 },   { "dd.things/nine", 1, 0 },
	};
	unsigned slow;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (select_count(rows[i].glob, &slow) != rows[i].n || slow != rows[i].slow)
			fail_msg("%s selects %u tests", rows[i].glob,
				 select_count(rows[i].glob, NULL));
	}
}

static void names(void **state)
{
	char name[TEST_NAME_MAX];
	struct selected one;
	struct select s;

	(void)state;
	select_begin(&s, "bb.*");
	assert_true(select_next(&s, &one));
	assert_string_equal(select_name(&one, name), "bb.sized/section");
	assert_true(select_next(&s, &one));
	assert_string_equal(select_name(&one, name), "bb.sized/1g");
	assert_false(select_next(&s, &one));
	select_begin(&s, "dd.*/*e*");
	for (unsigned i = 0; i < 3; i++) {
		assert_true(select_next(&s, &one));
		assert_string_equal(one.param, things[i].name);
		assert_int_equal(one.param_at, i);
	}
	assert_false(select_next(&s, &one));
	assert_ptr_equal(select_find("aa.two"), &test_of_aa_two);
	assert_null(select_find("aa"));
	assert_int_not_equal(select_suite_id(), 0);
}

const struct CMUnitTest select_tests[] = {
	cmocka_unit_test(counts),
	cmocka_unit_test(names),
};
const size_t select_tests_nr = sizeof(select_tests) / sizeof(select_tests[0]);
