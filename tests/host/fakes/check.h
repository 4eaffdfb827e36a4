/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/check.h - a caller that breaks the contract of a faked function ends the
 * program. */
#pragma once
#include <stdio.h>
#include <stdlib.h>

#define FAKE_CHECK(cond)                                                                           \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			printf("# FAIL %s:%d: %s(): %s\n", __FILE__, __LINE__, __func__, #cond);   \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)
