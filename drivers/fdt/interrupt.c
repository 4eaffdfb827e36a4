/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/interrupt.c - resolves a node's interrupts (devicetree specification 2.4): to the
 * nearest interrupt-parent, or to the controllers that interrupts-extended names.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <libfdt.h>

#define CELLS_MAX 4

/* phandle of the nearest interrupt-parent, or 0. */
static u32 parent_of(const void *fdt, int node)
{
	int i = fdt_index_of(fdt, node);
	u32 parent = 0;

	while (i >= 0 && !parent) {
		const struct fdt_node *at = fdt_index_at((unsigned)i);

		parent = fdt_u32(fdt, (int)at->offset, "interrupt-parent", 0);
		i = at->parent == FDT_NO_PARENT ? -1 : at->parent;
	}
	return parent;
}

/* #interrupt-cells of a controller; 0: unknown or absurd. */
static int cells_of(const void *fdt, u32 phandle)
{
	int node = fdt_by_phandle(fdt, phandle);
	u32 cells = node < 0 ? 0 : fdt_u32(fdt, node, "#interrupt-cells", 0);

	return cells <= CELLS_MAX ? (int)cells : 0;
}

/* Convert cells to a global irq number.  Without phandles there is only one controller. */
static u32 fdt_irq_decode(u32 parent, const fdt32_t *cells, int nr, u32 *flags)
{
	u32 irq;

	if (!irqchip || !irqchip->decode)
		return ~0u;
	if (!parent || !irqchip_phandle || parent == irqchip_phandle)
		return irqchip->decode(cells, nr, flags);
	for (u32 n = 0; n < irq_children_nr; n++) {
		if (irq_children[n].phandle != parent)
			continue;
		irq = irq_children[n].chip->decode(cells, nr, flags);
		return irq == ~0u ? ~0u : IRQ_OF_CHILD(n, irq);
	}
	return ~0u;
}

/* The n-th entry of interrupts-extended: a phandle, then #interrupt-cells cells of that
 * controller. */
static u32 extended(const void *fdt, const fdt32_t *p, int words, unsigned n, u32 *flags)
{
	while (words > 1) {
		u32 parent = fdt32_ld(p);
		int cells = cells_of(fdt, parent);

		if (!cells || cells >= words)
			return ~0u;
		if (!n--)
			return fdt_irq_decode(parent, p + 1, cells, flags);
		p += cells + 1;
		words -= cells + 1;
	}
	return ~0u;
}

u32 fdt_interrupt(const void *fdt, int node, unsigned n, u32 *flags)
{
	int len, cells;
	const fdt32_t *p = fdt_prop(fdt, node, "interrupts-extended", &len);
	u32 parent;

	if (p)
		return extended(fdt, p, len / 4, n, flags);
	p = fdt_prop(fdt, node, "interrupts", &len);
	if (!p)
		return ~0u;
	parent = parent_of(fdt, node);
	if (!n) /* the first interrupt needs no #interrupt-cells */
		return fdt_irq_decode(parent, p, len / 4, flags);
	cells = cells_of(fdt, parent);
	if (!cells || (int)(n + 1) * cells > len / 4)
		return ~0u;
	return fdt_irq_decode(parent, p + (int)n * cells, cells, flags);
}
