/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/asserts.h - an assertion of the code under test ends the program, or is what has to
 * come.
 */
#pragma once
#include "want.h"
#include <lib/assert.h>
#include <setjmp.h>
#include <stdlib.h>

/* Of all files of the program; weak, as each brings it. */
__attribute__((weak)) jmp_buf asserts_caught;
__attribute__((weak)) bool asserts_wanted;

__attribute__((weak)) void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	if (asserts_wanted)
		longjmp(asserts_caught, 1);
	printf("# FAIL %s:%d: %s (0x%lx, 0x%lx)\n", file, line, what, a, b);
	exit(1);
}

/* Does the statement end in an assertion? */
#define WANT_DEATH(statement)                                                                      \
	do {                                                                                       \
		asserts_wanted = true;                                                             \
		if (!setjmp(asserts_caught)) {                                                     \
			statement;                                                                 \
			WANT(!#statement " goes on");                                              \
		}                                                                                  \
		asserts_wanted = false;                                                            \
	} while (0)
