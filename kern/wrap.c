/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/wrap.c - break sentences that are wider than a screen. */
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

/* Bytes of `text` for the line after `label`. */
static size_t line_of(const char *label, unsigned indent, const char *text)
{
	size_t width = strlen(label) > indent ? strlen(label) : indent;

	return fitting(text, COLUMNS - width);
}

static const char *next_line(const char *text, size_t n)
{
	return text + n + (text[n] == ' ');
}

void log_wrapped(const char *label, const char *rest, unsigned indent, const char *text)
{
	do {
		size_t n = line_of(label, indent, text);

		kprintf("%-*s%.*s\n", (int)indent, label, (int)n, text);
		text = next_line(text, n);
		label = rest;
	} while (*text);
}

unsigned log_wrapped_lines(const char *label, const char *rest, unsigned indent, const char *text)
{
	unsigned lines = 0;

	do {
		text = next_line(text, line_of(label, indent, text));
		label = rest;
		lines++;
	} while (*text);
	return lines;
}
