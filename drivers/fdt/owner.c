// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/fdt/owner.c - whose registers lie at an address, by the `reg` of every node but memory.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <libfdt.h>

static bool has(const struct device *d, paddr_t pa, u64 len)
{
	for (unsigned i = 0; i < d->nr_regs; i++)
		if (pa < d->pa[i] + d->len[i] && d->pa[i] < pa + len)
			return true;
	return false;
}

const char *fdt_owner(const void *fdt, paddr_t pa, u64 len, bool pmem)
{
	struct device d;

	for (unsigned n = 0; n < fdt_index_nr(fdt); n++) {
		int node = (int)fdt_index_at(n)->offset;

		if (pmem && fdt_is_pmem(fdt, node))
			continue;
		if (fdt_prop(fdt, node, "reg", NULL) && !fdt_is_memory(fdt, node) &&
		    !fdt_device(fdt, node, &d, NULL) && has(&d, pa, len))
			return fdt_get_name(fdt, node, NULL);
	}
	return NULL;
}
