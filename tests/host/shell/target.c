/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/shell/target.c - the grammar of a command line, good and bad. */
#include "unit.h"
#include <lib/string.h>
#include <shell/target.h>

static char buf[COMMAND_BUF];
static struct command_line c;
static struct target t;
static struct why why;

static int split(const char *text)
{
	memset(&why, 0, sizeof(why));
	return command_split(text, buf, &c, &t, &why);
}

static void targets(void **state)
{
	static const struct {
		const char *text;
		enum target_kind kind;
		u64 a, b;
		unsigned words;
	} rows[] = {
		{ "add", TARGET_NONE, 0, 0, 0 },
		{ "add 0x80000000+1G", TARGET_RANGE, 0x80000000, 1ul << 30, 0 },
		{ "add node 1", TARGET_NODE, 1, 0, 0 },
		{ "online blocks 16-23", TARGET_BLOCKS, 16, 23, 0 },
		{ "online block 16", TARGET_BLOCKS, 16, 16, 0 },
		{ "  blocks   16-23  ", TARGET_BLOCKS, 16, 23, 0 },
		{ "show failure 1", TARGET_NONE, 0, 0, 2 },
		{ "run hotplug.*", TARGET_NONE, 0, 0, 1 },
		{ "add node 1 memmap=device leaf=page", TARGET_NODE, 1, 0, 0 },
		{ "add leaf=page node 1", TARGET_NODE, 1, 0, 0 },
		{ "show two-pass", TARGET_NONE, 0, 0, 1 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(split(rows[i].text), 0);
		assert_int_equal(t.kind, rows[i].kind);
		assert_int_equal(t.a, rows[i].a);
		assert_int_equal(t.b, rows[i].b);
		assert_int_equal(c.nr_words, rows[i].words);
	}
}

static void bad_lines_are_one_sentence(void **state)
{
	static const char *const rows[] = {
		"add blocks",
		"add blocks x",
		"add blocks 5-",
		"add blocks -5",
		"add blocks 9-8",
		"add blocks 1-2-3",
		"add node",
		"add node x",
		"add node 99999",
		"add 0x10+",
		"add +1G",
		"add 1G+x",
		"add memmap=",
		"add nonsense=1",
		"add leaf=huge",
		"show a b c d e f g h i",
		"add blocks 99999999999999999999",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (split(rows[i]) != -EINVAL)
			fail_msg("accepted: %s", rows[i]);
		assert_true(strlen(why.text) > 8);
		assert_null(strchr(why.text, '\n'));
	}
}

static void words_and_arguments(void **state)
{
	(void)state;
	assert_int_equal(split("show failure 2 memmap=device"), 0);
	assert_string_equal(c.name, "show");
	assert_string_equal(c.words[0], "failure");
	assert_string_equal(c.words[1], "2");
	assert_string_equal(arg_text(&c.args, ARG_MEMMAP), "device");
	assert_string_equal(c.rest, "failure 2 memmap=device");
}

static void too_long(void **state)
{
	char text[COMMAND_BUF + 10];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	assert_int_equal(split(text), -EINVAL);
	text[COMMAND_BUF - 1] = 0;
	assert_int_equal(split(text), 0);
}

const struct CMUnitTest target_tests[] = {
	cmocka_unit_test(targets),
	cmocka_unit_test(bad_lines_are_one_sentence),
	cmocka_unit_test(words_and_arguments),
	cmocka_unit_test(too_long),
};
const size_t target_tests_nr = sizeof(target_tests) / sizeof(target_tests[0]);
