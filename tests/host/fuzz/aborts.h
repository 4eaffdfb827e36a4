/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fuzz/aborts.h - a failed assertion of the code under test aborts, which the fuzzer
 * reports. */
#pragma once
#include <lib/assert.h>
#include <stdlib.h>

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	(void)file, (void)line, (void)what, (void)a, (void)b;
	abort();
}
