/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/console/main.c - drivers/console_input.c with a UART that has two registers: status,
 * whose bit 0 means that a character is available, and the character.
 */
#include "fake.h"
#include <string.h>

#define RING 4096

struct fake fake;

static int fake_getc(void)
{
	assert_true(++fake.reads < 1000000); /* otherwise the driver loops forever */
	if (fake.text && !*fake.text)
		return -1;
	if (fake.text)
		return (unsigned char)*fake.text++;
	return fake.status & 1 ? (int)(fake.data & 0xff) : -1;
}

const struct uart fake_uart = { .name = "fake", .getc = fake_getc };

void empty(void)
{
	while (console_getc() != -1)
		;
	fake.text = "\r"; /* the end of a truncated line */
	console_fill(&fake_uart);
	while (console_getc() != -1)
		;
	console_clear_interrupt();
	console_dropped();
	memset(&fake, 0, sizeof(fake));
}

/* No device drives the bus: every register reads all ones. */
static void a_uart_that_is_gone(void **state)
{
	(void)state;
	empty();
	fake.status = fake.data = ~0u;
	assert_false(console_fill(&fake_uart));
	assert_int_equal(fake.reads, RING);
	assert_false(console_fill(&fake_uart));
	assert_int_equal(fake.reads, 2 * RING);
	for (unsigned i = 0; i < RING; i++)
		assert_int_equal(console_getc(), 0xff);
	assert_int_equal(console_getc(), 0x15);
	assert_int_equal(console_getc(), -1);
	assert_int_equal(console_dropped(), RING);
}

/* It is disabled after 16 calls in a row; a call that empties the UART restarts the count. */
static void an_interrupt_without_end(void **state)
{
	(void)state;
	empty();
	for (unsigned round = 0; round < 2; round++) {
		fake.status = 0;
		assert_int_equal(console_receive(&fake_uart), RX_NOTHING);
		fake.status = 1;
		for (unsigned i = 0; i < 15; i++)
			assert_int_equal(console_receive(&fake_uart), RX_SOME);
		if (round)
			assert_int_equal(console_receive(&fake_uart), RX_ENDLESS);
	}
}

static void what_is_typed_arrives(void **state)
{
	static const char text[] = "tlb stress\n";

	(void)state;
	empty();
	fake.text = text;
	assert_true(console_fill(&fake_uart));
	for (unsigned i = 0; text[i]; i++)
		assert_int_equal(console_getc(), text[i]);
	assert_int_equal(console_getc(), -1);
	assert_false(console_interrupted());
}

static void a_paste_as_long_as_the_ring(void **state)
{
	static char text[RING + 1];

	(void)state;
	empty();
	memset(text, 'x', RING);
	fake.text = text;
	assert_false(console_fill(&fake_uart)); /* more characters may be available */
	assert_true(console_fill(&fake_uart));
	for (unsigned i = 0; i < RING; i++)
		assert_int_equal(console_getc(), 'x');
	assert_int_equal(console_getc(), -1);
}

/* A truncated line is dropped and never merged with another; the next whole line is kept. */
static void a_paste_longer_than_the_ring(void **state)
{
	static char text[RING + 64];
	unsigned n = 0;
	int c;

	(void)state;
	empty();
	console_dropped();
	memset(text, 'x', RING + 20);
	memcpy(text + RING + 10, "\rlost\r", 6);
	fake.text = text;
	while (!console_fill(&fake_uart))
		;
	while ((c = console_getc()) == 'x')
		n++;
	assert_int_equal(n, RING);
	assert_int_equal(c, 0x15); /* the reader drops the truncated line */
	assert_int_equal(console_getc(), -1);
	assert_int_equal(console_dropped(), RING + 20 - RING);
	assert_int_equal(console_dropped(), 0);
	fake.text = "rest\rnodes\r"; /* the rest of the truncated line, and a whole one */
	assert_true(console_fill(&fake_uart));
	for (const char *p = "nodes\r"; *p; p++)
		assert_int_equal(console_getc(), *p);
	assert_int_equal(console_getc(), -1);
	assert_int_equal(console_dropped(), 5);
}

/* Ctrl-C is detected at once, also after more input than fits the ring; Ctrl-D ends the input. */
static void control_characters(void **state)
{
	static char text[RING + 3];

	(void)state;
	empty();
	memset(text, 'x', RING + 1);
	text[0] = 0x04;
	text[RING + 1] = 0x03;
	fake.text = text;
	while (!console_fill(&fake_uart))
		;
	assert_true(console_interrupted());
	assert_int_equal(console_getc(), -2);
	assert_int_equal(console_getc(), 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uart_that_is_gone),
		cmocka_unit_test(an_interrupt_without_end),
		cmocka_unit_test(what_is_typed_arrives),
		cmocka_unit_test(a_paste_as_long_as_the_ring),
		cmocka_unit_test(a_paste_longer_than_the_ring),
		cmocka_unit_test(control_characters),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL) + run_wait_tests();
}
