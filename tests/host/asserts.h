/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/asserts.h - a failed assertion of the code under test ends the program, unless
 * the test expects it.
 */
#pragma once
#include "want.h"
#include <lib/assert.h>
#include <setjmp.h>
#include <stdlib.h>

extern jmp_buf asserts_caught;
extern bool asserts_wanted;

/* Does the statement fail an assertion? */
#define ASSERTS(statement)                                                                         \
	({                                                                                         \
		asserts_wanted = true;                                                             \
		if (!setjmp(asserts_caught)) {                                                     \
			statement;                                                                 \
		}                                                                                  \
		bool asserts_failed = !asserts_wanted;                                             \
		asserts_wanted = false;                                                            \
		asserts_failed;                                                                    \
	})

#define WANT_DEATH(statement) WANT(ASSERTS(statement))
