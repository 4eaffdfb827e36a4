/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/lib/main.c - the host tests of lib/ and of the argument parser. */
#include "unit.h"
#include <lib/assert.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	int failed = run_printf_tests();

	failed += run_string_tests();
	failed += run_glob_tests();
	failed += run_args_tests();
	failed += run_sgi_tests();
	failed += run_emulator_tests();
	return failed != 0;
}
