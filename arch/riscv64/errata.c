// SPDX-License-Identifier: BSD-2-Clause
/* arch/riscv64/errata.c - no row of published errata is applied here. */
#include <arch/arch.h>

int arch_errata_force(const char *text, struct why *why)
{
	return refuse(why, EINVAL, "errata=%s: there is none on this architecture", text);
}

bool arch_errata_repeat(void)
{
	return false;
}
