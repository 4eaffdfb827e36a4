/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/stub/words.c - malformed LoadOptions, device paths and text files.  Each is in an
 * allocation of exactly its size, so that a read beyond it is detected. */
#include "fake.h"
#include <stdlib.h>
#include <string.h>

static char bytes[8192]; /* the data under construction */
static unsigned used;
static void *given[64];
static unsigned given_nr;

static void put(const void *from, unsigned len)
{
	assert_in_range(used + len, 0, sizeof(bytes));
	memcpy(bytes + used, from, len);
	used += len;
}

static void put_text(const char *text)
{
	for (; *text; text++)
		put((const u8[]) { (u8)*text, 0 }, 2);
}

/* The data in an allocation of exactly its size. */
static const void *give(u32 *len)
{
	void *at = malloc(used ? used : 1);

	assert_in_range(given_nr, 0, ARRAY_SIZE(given) - 1);
	given[given_nr++] = at;
	memcpy(at, bytes, used);
	if (len)
		*len = used;
	used = 0;
	return at;
}

static int begin(void **state)
{
	(void)state;
	fake_begin();
	used = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	while (given_nr)
		free(given[--given_nr]);
	return 0;
}

/* Exactly one line besides "exit boot services", or none. */
static void check_says(const char *text)
{
	assert_int_equal(fake.lines, text ? 2 : 1);
	if (text && !strstr(fake.said, text))
		fail_msg("it said: %s", fake.said);
}

static void run(const char *words, enum words_from from, const char *text)
{
	assert_int_equal(play_run(), 0);
	assert_string_equal(left()->words, words);
	assert_int_equal(left()->words_from, from);
	check_says(text);
}

/* ---- LoadOptions ---- */

static void run_options(const char *words, enum words_from from, const char *text)
{
	fake.options = give(&fake.options_bytes);
	run(words, from, text);
	fake_begin();
}

static void options_are_words(void **state)
{
	(void)state;
	put_text("seed=1\texit");
	put("\0\0x", 4);
	run_options("seed=1\texit", WORDS_LOAD_OPTIONS, NULL);
	put_text("seed=1"); /* no NUL */
	run_options("seed=1", WORDS_LOAD_OPTIONS, NULL);
	put_text("seed=1"); /* with half a character */
	put("x", 1);
	run_options("seed=1", WORDS_LOAD_OPTIONS, NULL);
	put_text("FS0:\\EFI\\Hotplate.EFI seed=1");
	run_options(" seed=1", WORDS_LOAD_OPTIONS, NULL);
	put_text("seed=.efi");
	run_options("", WORDS_TREE, NULL);
	put_text(".efi");
	run_options("", WORDS_TREE, NULL);
	put_text("efi");
	run_options("efi", WORDS_LOAD_OPTIONS, NULL);
}

static void options_that_are_none_are_not_looked_at(void **state)
{
	(void)state;
	fake.options_bytes = 100; /* a size without data */
	run("", WORDS_TREE, NULL);
	fake_begin();
	put_text("seed=1");
	fake.options = give(NULL);
	fake.options_bytes = 0;
	run("", WORDS_TREE, NULL);
	fake_begin();
	put("s", 1); /* half a character */
	run_options("", WORDS_TREE, NULL);
	put_text("  \t ");
	run_options("  \t ", WORDS_TREE, NULL);
	put_text("seed=1");
	put("\0\0", 2);
	fake.options = give(NULL);
	fake.options_bytes = ~0u; /* more than the data: the NUL ends it */
	run("seed=1", WORDS_LOAD_OPTIONS, NULL);
}

/* As firmware's boot manager marks options that it made itself; and a whole boot option. */
static void options_that_are_no_text_are_left_out(void **state)
{
	static const u8 mark[] = { 0x4e, 0xac, 0x08, 0x81, 0x11, 0x9f, 0x59, 0x4d,
				   0x85, 0x0e, 0xe2, 0x1a, 0x52, 0x2c, 0x59, 0xb2 };
	static const u8 option[] = { 1, 0, 0, 0, 0x22, 0, 'H', 0, 'P', 0, 0, 0, 4, 1 };

	(void)state;
	put(mark, sizeof(mark));
	run_options("", WORDS_TREE, "LoadOptions left out: no text at character 0x0\r\n");
	put(option, sizeof(option));
	run_options("", WORDS_TREE, "LoadOptions left out: no text at character 0x0\r\n");
	put_text("seed=1 \x1b[2J");
	run_options("", WORDS_TREE, "LoadOptions left out: no text at character 0x7\r\n");
	put_text("seed=1 \x7f");
	run_options("", WORDS_TREE, "LoadOptions left out: no text at character 0x7\r\n");
	put_text("seed=");
	put("\xe9", 2);
	run_options("", WORDS_TREE, "LoadOptions left out: no text at character 0x5\r\n");
	put_text("seed=");
	put("\x31\x26", 2); /* its low byte alone is a digit */
	run_options("", WORDS_TREE, "LoadOptions left out: no text at character 0x5\r\n");
	put("seed=1", 7); /* bytes, not UCS-2 */
	run_options("", WORDS_TREE, "LoadOptions left out: no text at character 0x0\r\n");
}

static void options_are_as_long_as_fits(void **state)
{
	char words[HANDOVER_WORDS + 1];

	(void)state;
	memset(words, 'x', sizeof(words));
	words[HANDOVER_WORDS - 1] = 0;
	put_text(words);
	run_options(words, WORDS_LOAD_OPTIONS, NULL);
	put_text(words);
	put_text("x");
	run_options("", WORDS_TREE, "LoadOptions left out: longer than 0x7ff characters\r\n");
}

/* Words that LoadOptions lack may be in the file. */
static void the_file_serves_where_options_do_not(void **state)
{
	(void)state;
	fake.file = "seed=2";
	fake.file_bytes = 6;
	put("\x1b", 2);
	fake.options = give(&fake.options_bytes);
	run("seed=2", WORDS_FILE, "LoadOptions left out");
}

/* ---- the device path ---- */

static void node(u8 type, u8 subtype, unsigned len)
{
	put((const u8[]) { type, subtype, (u8)len, (u8)(len >> 8) }, 4);
}

static void file_node(const char *text)
{
	node(EFI_PATH_MEDIA, EFI_PATH_FILE, 4 + 2 * (unsigned)strlen(text) + 2);
	put_text(text);
	put("\0", 2);
}

static void disk_node(void)
{
	node(EFI_PATH_MEDIA, 1, 42);
	put((const char[38]) { "\\" }, 38);
}

static void run_path(const char *opened, const char *text)
{
	fake.path = give(NULL);
	run("", WORDS_TREE, text);
	assert_string_equal(fake.opened, opened);
	fake_begin();
}

static void the_file_lies_beside_the_image(void **state)
{
	(void)state;
	disk_node();
	file_node("\\EFI\\BOOT\\x.efi");
	node(EFI_PATH_END, 0xff, 4);
	run_path("\\EFI\\BOOT\\hotplate.txt", NULL);
	file_node("\\EFI\\");
	file_node("x.efi");
	node(EFI_PATH_END, 0xff, 4);
	run_path("\\EFI\\hotplate.txt", NULL);
	file_node("x.efi");
	node(EFI_PATH_END, 0xff, 4);
	run_path("hotplate.txt", NULL);
	node(EFI_PATH_MEDIA, EFI_PATH_FILE, 4 + 5); /* no NUL, half of a backslash */
	put("\\\0x\0\\", 5);
	node(0, 0, 4);
	node(EFI_PATH_END, 0xff, 4);
	run_path("\\hotplate.txt", NULL);
	node(EFI_PATH_END, 0xff, 0); /* its length does not matter */
	run_path("hotplate.txt", NULL);
}

static void without_a_path_it_is_the_root(void **state)
{
	(void)state;
	run("", WORDS_TREE, NULL);
	assert_string_equal(fake.opened, "hotplate.txt");
	fake_begin();
	fake.no_device = true;
	run("", WORDS_TREE, NULL);
	assert_string_equal(fake.opened, "");
	fake_begin();
	fake.no_volume = true; /* firmware that returns success and no volume */
	run("", WORDS_TREE, NULL);
	assert_string_equal(fake.opened, "");
}

#define NONSENSE(at) "device path is malformed at byte " at ": the root is used\r\n"

static void nodes_have_a_length(void **state)
{
	(void)state;
	for (unsigned len = 0; len < 4; len++) {
		file_node("\\EFI\\x.efi"); /* 26 bytes */
		node(EFI_PATH_MEDIA, EFI_PATH_FILE, len);
		run_path("hotplate.txt", NONSENSE("0x1a"));
	}
}

/* A path has no length field; the stub reads at most a fixed part of it. */
static void a_path_without_an_end_ends(void **state)
{
	(void)state;
	while (used < 2048)
		node(1, 1, 4);
	run_path("hotplate.txt", NONSENSE("0x800"));
	file_node("\\EFI\\x.efi");
	node(EFI_PATH_MEDIA, EFI_PATH_FILE, 0xffff);
	run_path("hotplate.txt", NONSENSE("0x1a"));
	node(2, 1, 2046); /* half a header follows */
	put((const char[2042]) { 0 }, 2042);
	put("\x7f", 2);
	run_path("hotplate.txt", NONSENSE("0x7fe"));
}

static void a_path_is_as_long_as_fits(void **state)
{
	char text[258];

	(void)state;
	memset(text, '\\', sizeof(text));
	text[257] = 0;
	file_node(text);
	node(EFI_PATH_END, 0xff, 4);
	run_path("hotplate.txt", NONSENSE("0x0"));
	text[256] = 0;
	file_node(text);
	node(EFI_PATH_END, 0xff, 4);
	strcpy(bytes + 4096, text);
	run_path(strcat(bytes + 4096, "hotplate.txt"), NULL);
}

/* ---- hotplate.txt ---- */

static void run_file(const char *words, enum words_from from, const char *text)
{
	u32 len;

	fake.file = give(&len);
	fake.file_bytes = len;
	run(words, from, text);
	fake_begin();
}

static void a_file_has_lines_and_comments(void **state)
{
	static const char text[] = "# for \x01 people\r\nseed=1\r\n\texit # 1\n#";

	(void)state;
	put(text, sizeof(text) - 1);
	run_file(" seed=1   exit # 1 ", WORDS_FILE, NULL);
	run_file("", WORDS_TREE, NULL); /* empty */
	put("#", 1);
	run_file("", WORDS_TREE, NULL);
}

/* Any number of non-text bytes gives one line. */
static void a_file_of_bytes_is_said_once(void **state)
{
	(void)state;
	put("seed=1\xff", 7);
	run_file("seed=1", WORDS_FILE, "hotplate.txt: byte 0x6 is no text; it is left out\r\n");
	for (unsigned i = 0; i < HANDOVER_WORDS - 1; i++)
		put((const u8[]) { i < 3 ? 'a' : 0x80 + i % 0x80 }, 1);
	run_file("aaa", WORDS_FILE,
		 "hotplate.txt: byte 0x3 and others are no text; they are left out\r\n");
	put_text("seed=1"); /* UCS-2 */
	run_file("seed=1", WORDS_FILE, "hotplate.txt: byte 0x1 and others are no text");
}

static void a_file_is_as_long_as_fits(void **state)
{
	char words[HANDOVER_WORDS + 1];

	(void)state;
	memset(words, 'x', sizeof(words));
	words[HANDOVER_WORDS] = 0;
	put(words, HANDOVER_WORDS);
	run_file("", WORDS_TREE, "hotplate.txt left out: it has 0x800 bytes or more\r\n");
	words[HANDOVER_WORDS - 1] = 0;
	put(words, HANDOVER_WORDS - 1);
	run_file(words, WORDS_FILE, NULL);
	put("seed=1", 6);
	fake.read_bytes = 1ul << 32 | 6; /* more than requested */
	run_file("", WORDS_TREE, "hotplate.txt left out: it has 0x100000006 bytes or more\r\n");
}

/* For example a directory of that name. */
static void a_file_that_cannot_be_read_is_said(void **state)
{
	(void)state;
	put("seed=1", 6);
	fake.read_status = EFI_BUFFER_TOO_SMALL;
	run_file("", WORDS_TREE,
		 "hotplate.txt left out: it cannot be read: status 0x8000000000000005\r\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int run_words_tests(void)
{
	const struct CMUnitTest tests[] = {
		TEST(options_are_words),
		TEST(options_that_are_none_are_not_looked_at),
		TEST(options_that_are_no_text_are_left_out),
		TEST(options_are_as_long_as_fits),
		TEST(the_file_serves_where_options_do_not),
		TEST(the_file_lies_beside_the_image),
		TEST(without_a_path_it_is_the_root),
		TEST(nodes_have_a_length),
		TEST(a_path_without_an_end_ends),
		TEST(a_path_is_as_long_as_fits),
		TEST(a_file_has_lines_and_comments),
		TEST(a_file_of_bytes_is_said_once),
		TEST(a_file_is_as_long_as_fits),
		TEST(a_file_that_cannot_be_read_is_said),
	};

	return cmocka_run_group_tests_name("stub: words", tests, NULL, NULL);
}
