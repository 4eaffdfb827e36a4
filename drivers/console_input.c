// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/console_input.c - what was typed: a ring between the UART and who reads lines.
 */
#include <drivers/console.h>
#include <drivers/device.h>
#include <lib/init.h>

#define RING 4096 /* a pasted script must not be lost */
#define CTRL_C 0x03
#define CTRL_D 0x04
#define ENDLESS 16 /* calls in a row */

static volatile u32 head, tail;
static char ring[RING] NOINIT;
static volatile bool interrupted;

/* Single producer by construction: only the boot CPU's tick and receive interrupt call this. */
bool console_take_input(const struct uart *uart)
{
	int c;

	for (unsigned n = 0; n < RING; n++) {
		c = uart->getc();
		if (c < 0)
			return true;
		if (c == CTRL_C)
			interrupted = true;
		if (head - tail < RING)
			ring[head++ % RING] = (char)c;
	}
	return false;
}

bool console_receive(const struct uart *uart)
{
	static unsigned more; /* calls in a row that did not empty it */

	more = console_take_input(uart) ? 0 : more + 1;
	return more >= ENDLESS;
}

int console_getc(void)
{
	int c;

	if (head == tail)
		return -1;
	c = (u8)ring[tail++ % RING];
	return c == CTRL_D ? -2 : c;
}

bool console_interrupted(void)
{
	return interrupted;
}

void console_clear_interrupt(void)
{
	interrupted = false;
}
