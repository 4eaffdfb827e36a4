/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/shell/unit.h - one table of cmocka tests a file, run by main.c. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct CMUnitTest line_tests[], target_tests[], select_tests[], ktap_tests[],
	complete_tests[], inval_trace_tests[];
extern const size_t line_tests_nr, target_tests_nr, select_tests_nr, ktap_tests_nr,
	complete_tests_nr, inval_trace_tests_nr;

/* The text of kprintf and kputs since the last printed_reset(). */
extern char printed[8192];
void printed_reset(void);
