/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acts.h - the calls of the code under test as a text, and the fields of table rows. */
#pragma once
#include "want.h"
#include <stdarg.h>
#include <stddef.h>

/* Appends to the text, with "; " between; a text that does not fit is a failure. */
static inline void acts_add(char *text, size_t size, const char *fmt, va_list ap)
{
	size_t at = strlen(text);

	if (at)
		at += (size_t)snprintf(text + at, size - at, "; ");
	if (at < size)
		at += (size_t)vsnprintf(text + at, size - at, fmt, ap);
	WANT(at < size);
}

/* The n fields of a row, `size` bytes each, without the blanks around them. */
static inline void acts_fields(const char *row, char *field, unsigned n, size_t size)
{
	for (; n--; field += size) {
		size_t len = strcspn(row += strspn(row, " "), "|"), end = len;

		while (end && row[end - 1] == ' ')
			end--;
		memcpy(field, row, end);
		field[end] = 0;
		row += len + (row[len] == '|');
	}
}
