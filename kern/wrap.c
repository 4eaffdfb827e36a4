// SPDX-License-Identifier: BSD-2-Clause
/* kern/wrap.c - sentences that are longer than a screen is wide. */
#include <kern/log.h>
#include <lib/string.h>

#define COLUMNS 79

/* Bytes of `text` that fit into `room` columns, broken at a blank where there is one. */
static size_t fitting(const char *text, size_t room)
{
	size_t n = strlen(text);

	if (n <= room)
		return n;
	for (n = room; n > 0 && text[n] != ' '; n--)
		;
	return n ? n : room;
}

void log_wrapped(const char *label, const char *rest, unsigned indent, const char *text)
{
	do {
		size_t width = strlen(label) > indent ? strlen(label) : indent;
		size_t n = fitting(text, COLUMNS - width);

		kprintf("%-*s%.*s\n", (int)indent, label, (int)n, text);
		text += n;
		text += *text == ' ';
		label = rest;
	} while (*text);
}
