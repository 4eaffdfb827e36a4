/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fakes/log.c - for kern/log.h: kprintf() records the text, and ends the program if the
 * code under test prints without end.
 */
#include "log.h"
#include "check.h"
#include <kern/log.h>
#include <lib/printf.h>
#include <string.h>

#define LINES_MOST 100000

char fake_log[4096], fake_line[1024];
unsigned fake_lines;

__attribute__((weak)) void kprintf(const char *fmt, ...)
{
	size_t at = strlen(fake_log);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fake_line, sizeof(fake_line), fmt, ap);
	va_end(ap);
	snprintf(fake_log + at, sizeof(fake_log) - at, "%s", fake_line);
	FAKE_CHECK(fake_lines++ < LINES_MOST);
}

void fake_log_clear(void)
{
	fake_log[0] = fake_line[0] = 0;
	fake_lines = 0;
}
