/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/check.h - ends the program if a caller violates the contract of a fake function.
 */
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
