/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/efi/print.c - print a line on the console of firmware. */
#include <boot/efi/stub.h>

#define LINE 160

static unsigned hex(u16 *to, u64 number)
{
	unsigned digits = 1, n = 0;

	while (digits < 16 && number >> (4 * digits))
		digits++;
	to[n++] = '0';
	to[n++] = 'x';
	while (digits--) {
		u16 nibble = number >> (4 * digits) & 15;

		to[n++] = (u16)(nibble < 10 ? '0' + nibble : 'a' + nibble - 10);
	}
	return n;
}

/* The text has at most one %x; a longer line is truncated. */
void stub_print(const struct stub *s, const char *text, u64 number)
{
	u16 line[LINE + 24];
	unsigned n = 0;

	if (!s->system->out)
		return;
	for (; *text && n < LINE; text++) {
		if (text[0] == '%' && text[1] == 'x') {
			n += hex(line + n, number);
			text++;
		} else {
			line[n++] = (u8)*text;
		}
	}
	line[n++] = '\r';
	line[n++] = '\n';
	line[n] = 0;
	s->system->out->output(s->system->out, line);
}
