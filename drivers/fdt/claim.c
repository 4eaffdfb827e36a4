/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/claim.c - claims the registers of every node, with and without a driver, in the
 * region registry.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <lib/printf.h>
#include <libfdt.h>
#include <mm/page/region.h>

static enum region_claim fdt_claim_kind(const void *fdt, const struct fdt_node *n, int reserved)
{
	if (reserved >= 0 && n->parent == reserved)
		return CLAIM_KEPT;
	return fdt_is_pmem(fdt, (int)n->offset) ? CLAIM_PMEM : CLAIM_REGISTERS;
}

/* Returns the number of ranges for which the registry has no slot.  After a range that the CPUs
 * cannot reach, the rest of the node is skipped; the ranges before it are claimed. */
static unsigned fdt_claim_node(const void *fdt, const struct fdt_node *n, enum region_claim kind)
{
	int node = (int)n->offset;
	unsigned lost = 0;
	struct device d;

	fdt_registers(fdt, node, &d, NULL);
	for (unsigned i = 0; i < d.nr_regs; i++)
		lost += region_claim(d.pa[i], d.len[i], kind, fdt_get_name(fdt, node, NULL)) != 0;
	return lost;
}

void fdt_claim(const void *fdt, void (*log)(const char *sentence))
{
	int node = fdt_find(fdt, "/reserved-memory", 16);
	int reserved = node < 0 ? -1 : fdt_index_of(fdt, node);
	unsigned lost = 0;
	char line[80];

	for (unsigned i = 0; i < fdt_index_nr(fdt); i++) {
		const struct fdt_node *n = fdt_index_at(i);

		if (n->depth && !fdt_is_memory(fdt, (int)n->offset) &&
		    fdt_prop(fdt, (int)n->offset, "reg", NULL))
			lost += fdt_claim_node(fdt, n, fdt_claim_kind(fdt, n, reserved));
	}
	if (!lost)
		return;
	snprintf(line, sizeof(line), "device tree: no slot for %u ranges of registers", lost);
	log(line);
}
