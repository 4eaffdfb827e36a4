/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/shell/line.c - the line editor against a terminal: whatever is typed, the screen
 * shows the line, and the cursor is where the editor assumes it.
 */
#include "unit.h"
#include <lib/rng.h>
#include <lib/string.h>
#include <shell/line.h>

static struct line l;

/* A terminal that supports backspace and printable bytes; the echo may use nothing else. */
static char screen[LINE_MAX + 8];
static unsigned column;

static void show(const char *echo)
{
	for (; *echo; echo++) {
		if (*echo == 8) {
			assert_true(column > 0);
			column--;
		} else if (*echo >= ' ') {
			screen[column++] = *echo;
		}
		assert_true(column < sizeof(screen));
	}
}

static enum line_event key(int c)
{
	enum line_event e = line_key(&l, c);

	show(l.echo);
	return e;
}

static void fresh(void)
{
	line_begin(&l);
	memset(screen, ' ', sizeof(screen));
	column = 0;
}

static enum line_event type(const char *keys)
{
	enum line_event e = LINE_MORE;

	for (; *keys; keys++)
		e = key((unsigned char)*keys);
	return e;
}

static void screen_shows_the_line(void)
{
	assert_int_equal(column, l.at);
	assert_int_equal(memcmp(screen, l.text, l.len), 0);
	for (unsigned i = l.len; i < sizeof(screen); i++)
		assert_int_equal(screen[i], ' ');
}

static void types(void **state)
{
	(void)state;
	memset(&l, 0, sizeof(l));
	fresh();
	assert_int_equal(type("help\r"), LINE_DONE);
	assert_string_equal(l.text, "help");
}

static void edits(void **state)
{
	static const struct {
		const char *keys, *line;
	} rows[] = {
		{ "halp\b\b\x7f"
		  "elp\n",
		  "help" },
		{ "wrong\x15"
		  "right\n",
		  "right" },
		{ "add blocks 16\x17"
		  "17\n",
		  "add blocks 17" },
		{ "elp\x01h\n", "help" },
		{ "hel\x01\x05p\n", "help" },
		{ "hlp\x1b[D\x1b[De\x1b[C\x1b[C\n", "help" },
		{ "help\x1b[3~\x1b[1;5C\x1bOD!\n", "hel!p" },
		{ "\b\x7f\x17\x15ok\n", "ok" },
		{ "a\tb\x01\xff\x80"
		  "c\n",
		  "cab" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fresh();
		assert_int_equal(type(rows[i].keys), LINE_DONE);
		assert_string_equal(l.text, rows[i].line);
	}
}

static void ends(void **state)
{
	(void)state;
	fresh();
	assert_int_equal(type("abc\x03"), LINE_CANCEL);
	fresh();
	assert_int_equal(type("\x04"), LINE_EOF);
	fresh();
	assert_int_equal(type("a\x04"), LINE_MORE);
	fresh();
	assert_int_equal(type("x\r"), LINE_DONE);
	fresh();
	assert_int_equal(key('\n'), LINE_MORE); /* the LF of a CR LF */
	assert_int_equal(key('\n'), LINE_DONE);
	assert_int_equal(l.len, 0);
}

static void recalls(void **state)
{
	(void)state;
	memset(&l, 0, sizeof(l));
	for (unsigned i = 0; i < LINE_HISTORY + 3; i++) {
		char text[] = { 'c', (char)('a' + i), '\n', 0 };

		fresh();
		type(text);
	}
	fresh();
	type("\x1b[A\x1b[A\x1b[B\n");
	assert_string_equal(l.text, "cs");
	fresh();
	for (unsigned i = 0; i < 2 * LINE_HISTORY; i++)
		type("\x1b[A");
	type("\n");
	assert_string_equal(l.text, "cd"); /* the oldest kept line: 19, and the one above */
	fresh();
	type("\x1b[B\x1b[B\n");
	assert_string_equal(l.text, "");
}

static void long_lines_stop(void **state)
{
	(void)state;
	fresh();
	for (unsigned i = 0; i < 2 * LINE_MAX; i++)
		key('x');
	assert_int_equal(l.len, LINE_MAX - 1);
	screen_shows_the_line();
	assert_int_equal(key('\n'), LINE_DONE);
	assert_int_equal(strlen(l.text), LINE_MAX - 1);
	assert_int_equal(l.dropped, LINE_MAX + 1);
}

static void screen_is_right_after_random_keys(void **state)
{
	static const char *const keys[] = { "a",      "b",      " ",      "\b",     "\x7f",
					    "\x15",   "\x17",   "\x01",   "\x05",   "\x1b[A",
					    "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F",
					    "xyz",    "\x07" };
	struct rng r = { 0x5eed0001 };

	(void)state;
	memset(&l, 0, sizeof(l));
	fresh();
	for (unsigned i = 0; i < 200000; i++) {
		type(keys[rng_below(&r, sizeof(keys) / sizeof(keys[0]))]);
		screen_shows_the_line();
		if (rng_below(&r, 40) == 0) {
			type("\n");
			fresh();
		}
	}
}

/* One key may redraw two whole lines: Up with the cursor at the left, Tab in front of a long tail.
 */
static void redraws_long_lines(void **state)
{
	char text[LINE_MAX];

	(void)state;
	memset(&l, 0, sizeof(l));
	fresh();
	memset(text, 'a', LINE_MAX - 2);
	text[LINE_MAX - 2] = 0;
	type(text);
	type("\r");
	fresh();
	memset(text, 'b', LINE_MAX - 2);
	type(text);
	type("\001\033[A");
	assert_int_equal(l.len, LINE_MAX - 2);
	assert_int_equal(l.text[0], 'a');
	screen_shows_the_line();
	fresh();
	text[LINE_MAX / 2] = 0;
	type(text);
	type("\001\t");
	text[LINE_MAX / 2 - 2] = 0;
	line_insert(&l, text);
	show(l.echo);
	assert_int_equal(l.len, LINE_MAX - 2);
	screen_shows_the_line();
}

const struct CMUnitTest line_tests[] = {
	cmocka_unit_test(types),
	cmocka_unit_test(edits),
	cmocka_unit_test(ends),
	cmocka_unit_test(recalls),
	cmocka_unit_test(long_lines_stop),
	cmocka_unit_test(redraws_long_lines),
	cmocka_unit_test(screen_is_right_after_random_keys),
};
const size_t line_tests_nr = sizeof(line_tests) / sizeof(line_tests[0]);
