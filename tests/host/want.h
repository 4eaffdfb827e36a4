/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/want.h - checks that count a failure and let the program continue. */
#pragma once
#include <stdio.h>
#include <string.h>

/* One for all files of the program; weak, because each file defines it. */
__attribute__((weak)) unsigned want_failed;

#define WANT(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			printf("# FAIL %s:%d: %s\n", __FILE__, __LINE__, #cond);                   \
			want_failed++;                                                             \
		}                                                                                  \
	} while (0)

#define WANT_TEXT(is, wanted)                                                                      \
	do {                                                                                       \
		if (strcmp(is, wanted)) {                                                          \
			printf("# FAIL %s:%d: \"%s\", wanted \"%s\"\n", __FILE__, __LINE__, is,    \
			       wanted);                                                            \
			want_failed++;                                                             \
		}                                                                                  \
	} while (0)
