/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/tree/main.c - what the files need of others, and the parts. */
#include "tree.h"
#include <asserts.h>
#include <libfdt.h>

/* Interrupts have a program of their own: the first of a node is its property's first cell. */
u32 fdt_interrupt(const void *fdt, int node, unsigned n, u32 *flags)
{
	const fdt32_t *p = fdt_getprop(fdt, node, "interrupts", NULL);

	WANT(!n);
	*flags = p ? fdt32_ld(p + 1) : 0;
	return p ? fdt32_ld(p) : ~0u;
}

int main(void)
{
	memory_tests();
	index_tests();
	fault_tests();
	query_tests();
	printf("tree: %u not so\n", want_failed);
	return want_failed != 0;
}
