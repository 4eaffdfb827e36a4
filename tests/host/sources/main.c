/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/sources/main.c - lines are kept, and the parts are run. */
#include "sources.h"
#include <asserts.h>
#include <kern/log.h>
#include <lib/printf.h>

char said[4000];

void log_line(const char *sentence)
{
	size_t at = strlen(said);

	snprintf(said + at, sizeof(said) - at, "%s\n", sentence);
}

void kprintf(const char *fmt, ...)
{
	size_t at = strlen(said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said + at, sizeof(said) - at, fmt, ap);
	va_end(ap);
}

void log_wrapped(const char *label, const char *rest, unsigned indent, const char *text)
{
	WANT(!*rest && indent > strlen(label) && indent < 40);
	kprintf("%s|%s\n", label, text);
}

int main(void)
{
	withhold_tests();
	node_tests();
	pmem_tests();
	cpu_tests();
	printf("sources: %u not so\n", want_failed);
	return want_failed != 0;
}
