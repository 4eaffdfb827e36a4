/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/lib/args.c - the argument table and its parser: valid words are stored; an invalid
 * word causes one sentence with the word and the permitted values, and no change.
 */
#include "unit.h"
#include <kern/args_value.h>
#include <lib/rng.h>
#include <lib/string.h>

static char last_bad[184];
static unsigned nr_bad;

static void note_bad(const char *sentence)
{
	nr_bad++;
	memcpy(last_bad, sentence, strlen(sentence) + 1);
}

static void every_default_is_allowed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARG_NR; i++) {
		const struct arg *a = &arg_table[i];

		assert_non_null(a->name);
		if (*a->dflt && !arg_value_ok(a, a->dflt))
			fail_msg("%s: its default %s is not allowed", a->name, a->dflt);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(a->name, arg_table[j].name);
	}
}

static unsigned lines;

static void measure(const char *line)
{
	lines++;
	if (strlen(line) > 79)
		fail_msg("wider than 79 columns: %s", line);
}

static void help_fits_the_screen(void **state)
{
	(void)state;
	args_print_table(measure);
	assert_true(lines >= 2 * ARG_NR);
}

static void good_words_are_kept(void **state)
{
	struct args a = { 0 };

	(void)state;
	assert_int_equal(
		args_parse(&a,
			   "run=hotplug.* exit\tseed=7  hang=5s memmap=host block=2G "
			   "withhold=0x80000000+1G at=0x80000000+128M poison=off memmap=mine\n",
			   note_bad),
		0);
	assert_string_equal(arg_text(&a, ARG_RUN), "hotplug.*");
	assert_true(arg_flag(&a, ARG_EXIT));
	assert_false(arg_flag(&a, ARG_POISON));
	assert_int_equal(arg_number(&a, ARG_SEED), 7);
	assert_int_equal(arg_number(&a, ARG_HANG), 5000);
	assert_string_equal(arg_text(&a, ARG_MEMMAP), "mine"); /* the later word wins */
	assert_string_equal(arg_text(&a, ARG_WITHHOLD), "0x80000000+1G");
	assert_true(arg_given(&a, ARG_BLOCK));
	assert_false(arg_given(&a, ARG_TLB));
	assert_string_equal(arg_text(&a, ARG_ZONE), "Movable"); /* the table's default */
	assert_int_equal(arg_number(&a, ARG_TLB_MAX), 512);
	assert_int_equal(arg_number(&a, ARG_NODE), 0);
}

static void words_of_one_source(void **state)
{
	(void)state;
	memset(&boot_args, 0, sizeof(boot_args));
	assert_int_equal(args_parse(&boot_args,
				    "acpi.memmap=device memmap=host acpi.online=no "
				    "pcie.online=normal acpi.memmap=block",
				    note_bad),
			 0);
	assert_string_equal(arg_text_of("acpi", ARG_MEMMAP, "device"), "block");
	assert_string_equal(arg_text_of("acpi", ARG_ONLINE, NULL), "no");
	assert_string_equal(arg_text_of("pcie", ARG_ONLINE, NULL), "normal");
	assert_string_equal(arg_text_of("pcie", ARG_MEMMAP, "device"), "device");
	assert_string_equal(arg_text_of("pci", ARG_ONLINE, NULL), "movable");
	assert_string_equal(arg_text_of("pcie", ARG_MEMMAP, NULL), "host");
	nr_bad = 0;
	assert_int_equal(args_parse(&boot_args,
				    "acpi.zone=Normal acpi.online=maybe .memmap=host acpi.memmap= "
				    "acpi.online",
				    note_bad),
			 5);
	assert_int_equal(nr_bad, 5);
	assert_string_equal(arg_text_of("acpi", ARG_ONLINE, NULL), "no");
	assert_int_equal(args_parse(&boot_args,
				    "a.online=no b.online=no c.online=no d.online=no e.online=no",
				    note_bad),
			 2); /* three kept their slots */
	memset(&boot_args, 0, sizeof(boot_args));
}

static void words_for_linux_are_skipped(void **state)
{
	struct args a = { 0 };

	(void)state;
	nr_bad = 0;
	assert_int_equal(args_parse(&a,
				    "8250.nr_uarts=1 console=ttyAMA0,115200 root=/dev/mmcblk0p2 rw "
				    "seed=5 BOOT_IMAGE=/Image snd_bcm2835.enable_hdmi=1 quiet",
				    note_bad),
			 0);
	assert_int_equal(nr_bad, 0);
	assert_int_equal(arg_number(&a, ARG_SEED), 5);
	/* no prefix, no other case, no source of ours */
	assert_int_equal(
		args_parse(&a, "roo=1 root2=1 Root=1 acpi.memmpa=host maxcpus=2", note_bad), 5);
}

static void a_word_is_taken_back(void **state)
{
	struct args a = { 0 };

	(void)state;
	assert_int_equal(args_parse(&a, "seed=5 bug=one zone=Normal", NULL), 0);
	args_forget(&a, ARG_BUG);
	assert_false(arg_given(&a, ARG_BUG));
	assert_string_equal(arg_text(&a, ARG_BUG), "");
	assert_string_equal(arg_text(&a, ARG_ZONE), "Normal");
	assert_int_equal(arg_number(&a, ARG_SEED), 5);
	args_forget(&a, ARG_BUG); /* a second time: no effect */
	assert_int_equal(arg_find("zone", 4), ARG_ZONE);
	assert_int_equal(arg_find("zone", 3), -1);
}

static void the_first_refused_word_is_kept(void **state)
{
	unsigned nr;

	(void)state;
	assert_null(args_refused(&nr));
	assert_int_equal(nr, 0);
	args_refuse("tlb=foo: no");
	args_refuse("foo=bar: no");
	assert_string_equal(args_refused(&nr), "tlb=foo: no");
	assert_int_equal(nr, 2);
}

static void commands_look_in_the_boot_line_too(void **state)
{
	struct args a = { 0 };

	(void)state;
	assert_int_equal(args_parse(&boot_args, "zone=Normal cpus=2", NULL), 0);
	assert_int_equal(args_word(&a, "cpus=4", NULL), 0);
	assert_int_equal(arg_number(&a, ARG_CPUS), 4);
	assert_string_equal(arg_text(&a, ARG_ZONE), "Normal");
	assert_string_equal(arg_text(NULL, ARG_ZONE), "Normal");
	boot_args = (struct args) { 0 };
}

static const struct {
	const char *word, *sentence;
} refused[] = {
	{ "frobnicate", "\"frobnicate\" is no argument; `help args` lists them" },
	{ "froB=1", "\"froB=1\" is no argument; `help args` lists them" },
	{ "=", "\"=\" is no argument; `help args` lists them" },
	{ "seed", "seed needs a value: seed=a number (decimal or 0x.., K M G T)" },
	{ "run=", "run needs a value: run=GLOB" },
	{ "seed=12x", "seed=12x: wanted a number (decimal or 0x.., K M G T)" },
	{ "seed=0x", "seed=0x: wanted a number (decimal or 0x.., K M G T)" },
	{ "seed=-1", "seed=-1: wanted a number (decimal or 0x.., K M G T)" },
	{ "seed=18446744073709551616",
	  "seed=18446744073709551616: wanted a number (decimal or 0x.., K M G T)" },
	{ "seed=16777216T", "seed=16777216T: wanted a number (decimal or 0x.., K M G T)" },
	{ "cpus=65", "cpus=65: wanted a number (decimal or 0x.., K M G T), 1..64" },
	{ "cpus=0", "cpus=0: wanted a number (decimal or 0x.., K M G T), 1..64" },
	{ "block=512M", "block=512M: wanted section|1G|2G" },
	{ "zone=movable", "zone=movable: wanted Movable|Normal" },
	{ "exit=maybe", "exit=maybe: wanted on or off" },
	{ "hang=10", "hang=10: wanted a time such as 100ms, 10s, 5m, 8h" },
	{ "hang=99999999999999999h",
	  "hang=99999999999999999h: wanted a time such as 100ms, 10s, 5m, 8h" },
	{ "at=0x80000000", "at=0x80000000: wanted ADDR+SIZE" },
	{ "at=0x80000000+0", "at=0x80000000+0: wanted ADDR+SIZE" },
	{ "at=0xffffffffffffffff+2", "at=0xffffffffffffffff+2: wanted ADDR+SIZE" },
	{ "withhold=node64", "withhold=node64: wanted ADDR+SIZE|nodeN|auto|none" },
	{ "withhold=node", "withhold=node: wanted ADDR+SIZE|nodeN|auto|none" },
	{ "run=\x1b[2Jx", "run=?[2Jx: wanted GLOB" },
	{ "run=\xff", "run=?: wanted GLOB" },
	{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
	  "\"abcdefghijklmnopqrstuvwxyzabcdefghijklmn...\" is no argument; `help args` lists "
	  "them" },
};

static void bad_words_are_one_sentence_and_change_nothing(void **state)
{
	struct args a = { 0 }, was;

	(void)state;
	assert_int_equal(args_parse(&a, "seed=3 zone=Normal", note_bad), 0);
	was = a;
	for (unsigned i = 0; i < ARRAY_SIZE(refused); i++) {
		struct why why = { 0 };

		assert_int_equal(args_word(&a, refused[i].word, &why), -EINVAL);
		assert_string_equal(why.text, refused[i].sentence);
		assert_memory_equal(&a, &was, sizeof(a));
	}
	nr_bad = 0;
	assert_int_equal(args_parse(&a, "bogus seed=4 cpus=77", note_bad), 2);
	assert_int_equal(nr_bad, 2);
	assert_int_equal(arg_number(&a, ARG_SEED), 4);
}

static void room_is_bounded_and_reused(void **state)
{
	char word[ARGS_TEXT * 2] = "run=";
	struct args a = { 0 };
	struct why why = { 0 };

	(void)state;
	for (unsigned i = 0; i < 5000; i++) /* the room of replaced values is reused */
		assert_int_equal(args_parse(&a, "run=abcdefgh seed=99 geometry=4k-48 seed=1", NULL),
				 0);
	memset(word + 4, 'x', sizeof(word) - 5);
	assert_int_equal(args_parse(&a, word, note_bad), 1); /* longer than the maximum */
	word[4 + ARGS_TEXT - 9] = '\0';
	assert_int_equal(args_word(&a, word, &why), -EINVAL); /* one more than fits */
	assert_string_equal(arg_text(&a, ARG_RUN), "abcdefgh");
	assert_string_equal(arg_text(&a, ARG_GEOMETRY), "4k-48");
	word[4 + ARGS_TEXT - 10] = '\0';
	assert_int_equal(args_word(&a, word, &why), 0);
	assert_string_equal(arg_text(&a, ARG_RUN), word + 4);
	assert_string_equal(arg_text(&a, ARG_GEOMETRY), "4k-48");
	assert_int_equal(arg_number(&a, ARG_SEED), 1);
}

static void ranges_are_whole_or_refused(void **state)
{
	u64 start, len;
	struct why why;

	(void)state;
	assert_int_equal(parse_range("0x80000000+1G", &start, &len, &why), 0);
	assert_true(start == 0x80000000 && len == GiB);
	assert_int_equal(parse_range("2G+0x1000", &start, &len, &why), 0);
	assert_true(start == 2 * GiB && len == 4096);
	assert_int_equal(parse_range("0+18446744073709551615", &start, &len, &why), 0);
	assert_int_equal(parse_range("0x1000+", &start, &len, &why), -EINVAL);
	assert_string_equal(why.text, "0x1000+: wanted a size after +, such as 128M or 1G");
	assert_int_equal(parse_range("1G+0", &start, &len, &why), -EINVAL);
	assert_string_equal(why.text, "1G+0: the range is empty");
	assert_int_equal(parse_range("0xffffffffffffffff+2", &start, &len, &why), -EINVAL);
	assert_string_equal(why.text, "0xffffffffffffffff+2: the range does not fit 64 bits");
}

int run_args_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_default_is_allowed),
		cmocka_unit_test(help_fits_the_screen),
		cmocka_unit_test(good_words_are_kept),
		cmocka_unit_test(words_of_one_source),
		cmocka_unit_test(words_for_linux_are_skipped),
		cmocka_unit_test(a_word_is_taken_back),
		cmocka_unit_test(the_first_refused_word_is_kept),
		cmocka_unit_test(commands_look_in_the_boot_line_too),
		cmocka_unit_test(bad_words_are_one_sentence_and_change_nothing),
		cmocka_unit_test(room_is_bounded_and_reused),
		cmocka_unit_test(ranges_are_whole_or_refused),
	};

	return cmocka_run_group_tests_name("kern.args", tests, NULL, NULL);
}
