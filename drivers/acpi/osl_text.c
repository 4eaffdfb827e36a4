/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/acpi/osl_text.c - ACPICA's messages.  ACPICA prints several lines for one error; this
 * kernel reports one sentence, so the first line is stored for it and the others are dropped. */
#include <drivers/acpi/osl.h>
#include <lib/printf.h>

/* Bytes that fit into a sentence (struct why) after the name of the object. */
#define LINE 100

/* The first line since osl_text_clear(); `complete` once its newline was seen. */
static char first[LINE];
static unsigned len;
static bool complete;

void osl_text_clear(void)
{
	first[0] = 0;
	len = 0;
	complete = false;
}

const char *osl_text(void)
{
	return first;
}

/* Append to the first line until it is complete; longer text is cut. */
static void append_first_line(const char *s)
{
	for (; *s && !complete; s++) {
		if (*s == '\n')
			complete = len > 0;
		else if (len < LINE - 1)
			first[len++] = *s;
		first[len] = 0;
	}
}

/* ACPICA passes a part of a line at a time; a part longer than `text` is cut off. */
void acpi_os_vprintf(const char *format, va_list args)
{
	char text[160];

	vsnprintf(text, sizeof(text), format, args);
	append_first_line(text);
}

void acpi_os_printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	acpi_os_vprintf(format, args);
	va_end(args);
}
