/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/console/wait.c - the prompt's wait (shell/input.c) on a machine without timer
 * interrupts: the receive interrupt may occur once, at any moment at which it is not masked.
 */
#include "fake.h"
#include <kern/cpu.h>
#include <kern/log.h>
#include <mm/hotplug/event.h>
#include <mm/memmap/memmap_late.h>
#include <shell/complete.h>
#include <shell/screen/progress.h>
#include <shell/shell.h>

static unsigned moments; /* moments before the interrupt */
static unsigned slept_on_a_key;
static unsigned windows_late, slept_while_late, written_on_a_key;

/* The interrupt's handler, as drivers/console.c has it. */
static void moment(void)
{
	if (moments && !--moments)
		console_fill(&fake_uart);
}

/* Called in turn before and after interrupts are masked; in the second call no interrupt occurs. */
bool event_waiting(void)
{
	static unsigned asked;

	if (asked++ % 2 == 0)
		moment();
	return false;
}

/* One CPU writes window by window; the interrupt may occur in any of them. */
bool memmap_late_write(bool (*must_end)(void))
{
	bool any = windows_late;

	while (windows_late) {
		written_on_a_key += console_waiting();
		windows_late--;
		moment();
		if (must_end())
			break;
	}
	return any;
}

void cpu_sleep(void)
{
	slept_while_late += windows_late;
	slept_on_a_key += console_waiting();
	moments = 1; /* otherwise the CPU sleeps forever */
	moment();
}

u64 event_run(void)
{
	return 0;
}

void event_lines_hold(bool hold)
{
	(void)hold;
}

bool event_lines_held(void)
{
	return false;
}

void event_lines_flush(void)
{
}

void kputs(const char *s)
{
	(void)s;
}

void progress_end(void)
{
}

void complete(const char *text, unsigned at, struct completion *c)
{
	(void)text;
	(void)at;
	(void)c;
}

void complete_list(const char *text, unsigned at)
{
	(void)text;
	(void)at;
}

NORETURN void power_off(void)
{
	fail_msg("powered off");
	__builtin_unreachable();
}

/* The interrupt occurs 0: during the sleep; 1: between the last check of the ring and the mask; 2:
 * before another check. */
static void a_key_at_any_moment(void **state)
{
	(void)state;
	for (unsigned late = 0; late < 3; late++) {
		empty();
		slept_on_a_key = 0;
		fake.text = "k";
		moments = late;
		assert_int_equal(read_key(), 'k');
		assert_int_equal(slept_on_a_key, 0);
	}
}

static void ctrl_c_at_any_moment(void **state)
{
	(void)state;
	empty();
	slept_on_a_key = 0;
	fake.text = "\x03";
	moments = 1;
	assert_int_equal(read_key(), 3);
	assert_int_equal(slept_on_a_key, 0);
}

/* Struct pages that boot left are written before the CPU sleeps; a key waits for one window. */
static void a_key_in_any_window(void **state)
{
	(void)state;
	for (unsigned late = 0; late < 8; late++) {
		empty();
		slept_on_a_key = slept_while_late = written_on_a_key = 0;
		windows_late = 3;
		fake.text = "k";
		moments = late;
		assert_int_equal(read_key(), 'k');
		assert_int_equal(slept_on_a_key, 0);
		assert_int_equal(slept_while_late, 0);
		assert_true(written_on_a_key <= 1); /* the key arrived after the check */
	}
	windows_late = 0;
}

int run_wait_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_at_any_moment),
		cmocka_unit_test(ctrl_c_at_any_moment),
		cmocka_unit_test(a_key_in_any_window),
	};

	return cmocka_run_group_tests_name("console: the wait for a key", tests, NULL, NULL);
}
