/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/text.c - lines of text (user.h).  A line is a record of /dev/kmsg where there is one: the
 * kernel's own lines do not split it.
 */
#include "user.h"

#define STDOUT 1

long left_out = -1;

/* The compiler calls it. */
void *memset(void *to, int c, size_t n)
{
	for (unsigned char *at = to; n; n--)
		*at++ = (unsigned char)c;
	return to;
}

void add(struct text_line *l, const char *text)
{
	while (*text && l->nr < sizeof(l->text) - 2)
		l->text[l->nr++] = *text++;
	l->text[l->nr] = 0;
}

void add_number(struct text_line *l, unsigned long v)
{
	char digits[24], *at = digits + sizeof(digits);

	*--at = 0;
	do
		*--at = (char)('0' + v % 10);
	while (v /= 10);
	add(l, at);
}

bool same(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

unsigned long number(const char *word)
{
	unsigned long v = 0;

	for (; *word >= '0' && *word <= '9'; word++)
		v = v * 10 + (unsigned long)(*word - '0');
	return *word ? 0 : v;
}

void add_format(struct text_line *l, const char *format, va_list ap)
{
	for (; *format; format++)
		if (*format != '%')
			add(l, (char[]) { *format, 0 });
		else if (*++format == 's')
			add(l, va_arg(ap, const char *));
		else
			add_number(l, va_arg(ap, unsigned long));
}

bool print(const char *format, ...)
{
	const char *begin = "<1>hotplate-init: "; /* level 1: `quiet` does not hide it */
	long fd = sys_open("/dev/kmsg", 1);
	struct text_line l = { .nr = 0 };
	va_list ap;

	add(&l, fd < 0 ? begin + 3 : begin);
	va_start(ap, format);
	add_format(&l, format, ap);
	va_end(ap);
	l.text[l.nr++] = '\n';
	sys_write(fd < 0 ? STDOUT : fd, l.text, l.nr);
	sys_close(fd);
	return false;
}

unsigned split(char *line, char **words, unsigned most)
{
	unsigned nr = 0;

	while (nr < most) {
		while (*line == ' ' || *line == '\t')
			*line++ = 0;
		if (!*line || *line == '#')
			break;
		words[nr++] = line;
		while (*line && *line != ' ' && *line != '\t')
			line++;
	}
	words[nr] = NULL;
	return nr;
}
