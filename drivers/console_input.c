/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/console_input.c - console input: a ring between the UART and the reader of lines.
 *
 * If the ring is full (a long paste while no command is read), whole lines are dropped: the reader
 * gets Ctrl-U for the truncated line, and input is discarded up to the end of a line.  So parts of
 * two lines never form one command.  Dropped characters are counted.
 */
#include <drivers/console.h>
#include <drivers/device.h>
#include <lib/init.h>

#define RING 4096
#define CTRL_C 0x03
#define CTRL_D 0x04
#define CTRL_U 0x15 /* makes the reader drop the line so far */
#define ENDLESS 16  /* calls in a row that did not empty the UART */

static volatile u32 head, tail;
static char ring[RING] NOINIT;
static volatile bool interrupted;
static volatile bool cut; /* the ring was full: its last line is incomplete */
static bool skipping;     /* ... and the rest of that line is dropped */
static volatile u32 lost;
static u32 received; /* used by the producer only */

/* Append a character; if the ring is full, drop characters up to the end of the line.  While `cut`
 * is set, the reader has not read the truncated line to its end, so nothing may be appended. */
static void store(char c)
{
	if (head - tail == RING && !skipping)
		cut = skipping = true;
	if (!skipping) {
		ring[head++ % RING] = c;
		return;
	}
	lost++;
	skipping = cut || (c != '\r' && c != '\n');
}

/* Single producer: only the boot CPU's tick and receive interrupt call it. */
bool console_fill(const struct uart *uart)
{
	int c;

	for (unsigned n = 0; n < RING; n++) {
		c = uart->getc();
		if (c < 0)
			return true;
		if (c == CTRL_C)
			interrupted = true;
		received++;
		store((char)c);
	}
	return false;
}

enum console_rx console_receive(const struct uart *uart)
{
	static unsigned more; /* calls in a row that did not empty the UART */
	u32 before = received;

	more = console_fill(uart) ? 0 : more + 1;
	if (more >= ENDLESS)
		return RX_ENDLESS;
	return received == before ? RX_NOTHING : RX_SOME;
}

int console_getc(void)
{
	int c;

	if (head == tail && !cut)
		return -1;
	if (head == tail) {
		cut = false;
		return CTRL_U;
	}
	c = (u8)ring[tail++ % RING];
	return c == CTRL_D ? -2 : c;
}

u32 console_dropped(void)
{
	u32 n = lost;

	lost = 0;
	return n;
}

bool console_waiting(void)
{
	return head != tail || cut || interrupted;
}

bool console_interrupted(void)
{
	return interrupted;
}

void console_clear_interrupt(void)
{
	interrupted = false;
}
