/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fuzz/litmus_set.c - any bytes as a set of litmus tests, as set_use.h has it. */
#include <set_use.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct why why;

	set_tried(data, size, "arm64", &why);
	set_tried(data, size, "riscv64", &why);
	if (want_failed)
		abort();
	return 0;
}
