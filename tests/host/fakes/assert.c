/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/assert.c - for lib/assert.h: a failed assertion ends the program, unless the
 * test expects it (asserts.h).
 */
#include <asserts.h>

jmp_buf asserts_caught;
bool asserts_wanted;

__attribute__((weak)) void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	if (asserts_wanted) {
		asserts_wanted = false;
		longjmp(asserts_caught, 1);
	}
	printf("# FAIL %s:%d: %s (0x%lx, 0x%lx)\n", file, line, what, a, b);
	exit(1);
}
