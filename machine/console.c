/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/console.c - the terminal of the UART.  Ctrl-A x ends the machine, as with QEMU.
 */
#include <machine/device.h>
#include <machine/input.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define INPUT 4096u
#define LINE 256u

static u8 typed[INPUT];
static unsigned typed_head, typed_nr;
static bool ended; /* standard input has ended */
bool console_quit;
void (*console_line)(const char *line);
bool console_matched;
static const char *until[CONSOLE_UNTIL];
static unsigned until_nr;
static bool after_escape;
static struct termios before;

static void console_close(void)
{
	tcsetattr(0, TCSANOW, &before);
}

/* Restore the terminal, then let the signal have its default effect. */
static void killed(int number)
{
	console_close();
	signal(number, SIG_DFL);
	raise(number);
}

void console_open(void)
{
	struct termios raw;

	setvbuf(stdout, NULL, _IOFBF, 4096);
	if (!isatty(0) || tcgetattr(0, &before))
		return;
	raw = before;
	cfmakeraw(&raw);
	raw.c_oflag |= OPOST;
	tcsetattr(0, TCSANOW, &raw);
	atexit(console_close);
	signal(SIGTERM, killed);
	signal(SIGHUP, killed);
}

bool console_until(const char *text)
{
	if (until_nr == CONSOLE_UNTIL)
		return false;
	until[until_nr++] = text;
	return true;
}

static void check_line(const char *line)
{
	for (unsigned i = 0; i < until_nr; i++)
		console_matched |= !strncmp(line + strspn(line, " "), until[i], strlen(until[i]));
	console_quit |= console_matched;
	if (console_line)
		console_line(line);
}

/* Only the first bytes of a longer line are examined. */
static void gather_line(char c)
{
	static char line[LINE];
	static unsigned nr;

	if (c == '\n') {
		line[nr] = 0;
		nr = 0;
		check_line(line);
	} else if (c != '\r' && nr + 1 < sizeof(line)) {
		line[nr++] = c;
	}
}

void console_put(char c)
{
	putchar(c);
	if (c == '\n')
		fflush(stdout);
	if (until_nr || console_line)
		gather_line(c);
}

static void receive(u8 c)
{
	input_note(c);
	if (typed_nr < INPUT) /* else it is lost, as in a receiver overrun */
		typed[(typed_head + typed_nr++) % INPUT] = c;
}

static void receive_key(u8 c)
{
	console_quit |= after_escape && c == 'x';
	if (!after_escape && c == 1) {
		after_escape = true;
		return;
	}
	after_escape = false;
	if (!input_left())
		receive(c);
}

bool console_ended(void)
{
	return ended && !input_left();
}

bool console_poll(int wait_ms)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	u8 more[256];
	ssize_t n;

	fflush(stdout);
	for (int c; (c = input_due()) >= 0;) {
		receive((u8)c);
		uart_typed(true);
	}
	/* A pipe can wait; a terminal is read even if the buffer is full, because of Ctrl-A x. */
	if (ended || (typed_nr + sizeof(more) > INPUT && !isatty(0)) || poll(&p, 1, wait_ms) <= 0)
		return typed_nr;
	n = read(0, more, sizeof(more));
	ended = n <= 0;
	for (ssize_t i = 0; i < n; i++)
		receive_key(more[i]);
	uart_typed(typed_nr != 0);
	return typed_nr;
}

int console_get(void)
{
	int c;

	if (!typed_nr)
		return -1;
	c = typed[typed_head];
	typed_head = (typed_head + 1) % INPUT;
	typed_nr--;
	uart_typed(typed_nr != 0);
	return c;
}
