/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memmap/main.c - mm/memmap/memmap.c, memmap_compound.c, memmap_remove.c and the schemes
 * of mm/policy/memmap: where struct pages of added memory are, their contents, and which frames are
 * freed.
 */
#include "fake.h"
#include <want.h>

int main(void)
{
	check_parts();
	check_host();
	check_adds();
	check_compounds();
	check_removals();
	printf("memmap: %u not so\n", want_failed);
	return want_failed != 0;
}
