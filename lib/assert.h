/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/assert.h - a broken invariant of the kernel stops the machine with both operands printed. For
 * errors that users, firmware or devices can cause, use refuse() (lib/err.h) instead.
 */
#pragma once
#include <lib/types.h>

/* Provided by kern/crash.c in the kernel and by tests/host in host builds. */
NORETURN void assert_failed(const char *file, int line, const char *what, u64 a, u64 b);
/* Report and end the run.  Any CPU, any context, with any lock held. */
NORETURN void crash(const char *fmt, ...) PRINTF_LIKE(1, 2);

#define ASSERT(cond)                                                                               \
	do {                                                                                       \
		if (!(cond))                                                                       \
			assert_failed(__FILE__, __LINE__, #cond, 0, 0);                            \
	} while (0)

/* Prints both operands: use it wherever a comparison decides. */
#define ASSERT_OP(a, op, b)                                                                        \
	do {                                                                                       \
		u64 a_ = (u64)(a), b_ = (u64)(b);                                                  \
		if (!(a_ op b_))                                                                   \
			assert_failed(__FILE__, __LINE__, #a " " #op " " #b, a_, b_);              \
	} while (0)
