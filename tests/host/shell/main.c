/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/shell/main.c - runs the groups; log output is stored in a buffer. */
#include "unit.h"
#include <kern/log.h>
#include <lib/assert.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <shell/screen/colour.h>
#include <shell/screen/machine_line.h>

char printed[8192];

void printed_reset(void)
{
	printed[0] = 0;
}

void kvprintf(const char *fmt, va_list ap)
{
	size_t at = strlen(printed);

	vsnprintf(printed + at, sizeof(printed) - at, fmt, ap);
}

void kprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvprintf(fmt, ap);
	va_end(ap);
}

void kputs(const char *text)
{
	kprintf("%s", text);
}

void machine_line_begin(void)
{
}

void machine_line_end(void)
{
	kputs("\n");
}

void colour_puts(enum colour colour, const char *text)
{
	(void)colour;
	kputs(text);
}

int main(void)
{
	int failed = 0;

	failed += _cmocka_run_group_tests("line", line_tests, line_tests_nr, NULL, NULL);
	failed += _cmocka_run_group_tests("target", target_tests, target_tests_nr, NULL, NULL);
	failed += _cmocka_run_group_tests("select", select_tests, select_tests_nr, NULL, NULL);
	failed += _cmocka_run_group_tests("ktap", ktap_tests, ktap_tests_nr, NULL, NULL);
	failed +=
		_cmocka_run_group_tests("complete", complete_tests, complete_tests_nr, NULL, NULL);
	failed += _cmocka_run_group_tests("inval_trace", inval_trace_tests, inval_trace_tests_nr,
					  NULL, NULL);
	return failed != 0;
}
