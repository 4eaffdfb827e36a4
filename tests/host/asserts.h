/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/asserts.h - a failed assertion of the code under test ends the program, unless the
 * test expects it.
 */
#pragma once
#include "want.h"
#include <lib/assert.h>
#include <setjmp.h>
#include <stdlib.h>

/* One for all files of the program; weak, because each file defines it. */
__attribute__((weak)) jmp_buf asserts_caught;
__attribute__((weak)) bool asserts_wanted;

__attribute__((weak)) void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	if (asserts_wanted)
		longjmp(asserts_caught, 1);
	printf("# FAIL %s:%d: %s (0x%lx, 0x%lx)\n", file, line, what, a, b);
	exit(1);
}

/* The statement has to fail an assertion. */
#define WANT_DEATH(statement)                                                                      \
	do {                                                                                       \
		asserts_wanted = true;                                                             \
		if (!setjmp(asserts_caught)) {                                                     \
			statement;                                                                 \
			WANT(!#statement " returns");                                              \
		}                                                                                  \
		asserts_wanted = false;                                                            \
	} while (0)
