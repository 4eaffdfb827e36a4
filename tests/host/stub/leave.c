/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/stub/leave.c - ExitBootServices: a stale map key, a growing map, an error that
 * persists. */
#include "fake.h"
#include <string.h>

static void says(unsigned lines, const char *text)
{
	assert_int_equal(fake.lines, lines);
	if (!strstr(fake.said, text))
		fail_msg("it said: %s", fake.said);
}

static const char last_words[] = "exit boot services\r\n";

static void a_firmware_without_flaws(void **state)
{
	(void)state;
	fake_begin();
	assert_int_equal(play_run(), 0);
	assert_int_equal(fake.maps, 1);
	assert_int_equal(fake.exits, 1);
	assert_int_equal(left()->map_bytes, 96);
	assert_int_equal(left()->map_step, 48);
	assert_int_equal(left()->words_from, WORDS_TREE);
	says(1, last_words);
}

/* The map of the successful key is used. */
static void a_stale_key_is_asked_for_again(void **state)
{
	(void)state;
	fake_begin();
	fake.stale_keys = 1;
	fake.map_grows = 480;
	assert_int_equal(play_run(), 0);
	assert_int_equal(fake.maps, 2);
	assert_int_equal(fake.exits, 2);
	assert_int_equal(left()->map_bytes, 96 + 480);
	assert_int_equal(*(const u8 *)left()->map, 2);
	assert_int_equal(((const u8 *)left()->map)[96 + 479], 2);
	says(1, last_words);
}

static void a_key_that_never_fits_ends(void **state)
{
	(void)state;
	fake_begin();
	fake.stale_keys = NEVER;
	assert_true(play_run() == EFI_INVALID_PARAMETER);
	assert_in_range(fake.exits, 2, 100);
	assert_int_equal(fake.maps, fake.exits);
	says(2, "ExitBootServices fails: status 0x8000000000000002; return to firmware\r\n");
}

static void another_error_is_not_tried_again(void **state)
{
	(void)state;
	fake_begin();
	fake.exit_status = EFI_UNSUPPORTED;
	assert_true(play_run() == EFI_UNSUPPORTED);
	assert_int_equal(fake.exits, 1);
	says(2, "ExitBootServices fails: status 0x8000000000000003; return to firmware\r\n");
}

static void a_map_that_is_not_to_be_had_stops(void **state)
{
	static const u64 sizes[] = { HANDOVER_MAP + 48, ~0ul }; /* refused; taken as whole */

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		fake_begin();
		fake.map_bytes = sizes[i];
		assert_true(play_run() == EFI_BUFFER_TOO_SMALL);
		assert_int_equal(fake.exits, 0);
		assert_int_equal(left()->map_bytes, 0);
		says(2, "GetMemoryMap fails: status 0x8000000000000005\r\n");
	}
	fake_begin(); /* it outgrew the buffer after the first try */
	fake.stale_keys = 1;
	fake.map_grows = HANDOVER_MAP;
	assert_true(play_run() == EFI_BUFFER_TOO_SMALL);
	assert_int_equal(fake.exits, 1);
	says(2, "GetMemoryMap fails: status 0x8000000000000005\r\n");
}

/* The very first call fails. */
static void a_map_of_an_error_is_none(void **state)
{
	(void)state;
	fake_begin();
	fake.map_fails_at = 1;
	assert_true(play_run() == EFI_UNSUPPORTED);
	assert_int_equal(fake.exits, 0);
	assert_int_equal(left()->map_bytes, 0);
	says(2, "GetMemoryMap fails: status 0x8000000000000003\r\n");
}

static void a_machine_that_nothing_describes_is_left_alone(void **state)
{
	(void)state;
	fake_begin();
	fake.no_tree = true;
	assert_true(play_run() == EFI_UNSUPPORTED);
	says(1, "UEFI provides neither a device tree nor ACPI tables\r\n");
	fake_begin();
	fake.no_tables = true;
	assert_true(play_run() == EFI_UNSUPPORTED);
	assert_int_equal(fake.maps + fake.exits, 0);
	says(1, "UEFI provides neither a device tree nor ACPI tables\r\n");
}

static void a_vendor_is_text(void **state)
{
	static const u16 vendor[] = { 'E', 0x1b, '[', 0xe9, 0x7f, '\n', ' ', '~', 0 };

	(void)state;
	fake_begin();
	fake.vendor = vendor;
	assert_int_equal(play_run(), 0);
	assert_string_equal(left()->vendor, "E?[??? ~");
}

int run_leave_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_firmware_without_flaws),
		cmocka_unit_test(a_stale_key_is_asked_for_again),
		cmocka_unit_test(a_key_that_never_fits_ends),
		cmocka_unit_test(another_error_is_not_tried_again),
		cmocka_unit_test(a_map_that_is_not_to_be_had_stops),
		cmocka_unit_test(a_map_of_an_error_is_none),
		cmocka_unit_test(a_machine_that_nothing_describes_is_left_alone),
		cmocka_unit_test(a_vendor_is_text),
	};

	return cmocka_run_group_tests_name("stub: leaving firmware", tests, NULL, NULL);
}
