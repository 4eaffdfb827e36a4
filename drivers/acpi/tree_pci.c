/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/acpi/tree_pci.c - adds windows and wires to the PCI host bridge, the last node. */
#include <drivers/acpi/tree.h>
#include <drivers/acpi/tree_write.h>
#include <lib/init.h>
#include <libfdt.h>

#define SPACE_32 0x02000000u /* phys.hi of the PCI binding: memory space */
#define SPACE_64 0x03000000u
#define RANGE_CELLS 7
#define WIRE_CELLS (3 + 1 + 1 + 2 + TREE_IRQ_CELLS) /* maximum, with the unit address of a GIC */

/* Two cells, most significant first. */
static u32 *put_u64_cells(u32 *to, u64 v)
{
	*to++ = (u32)(v >> 32);
	*to++ = (u32)v;
	return to;
}

/* Set a property; `cells` are converted to big endian in place. */
static int set_cells(void *fdt, int node, const char *prop, u32 *cells, const u32 *end)
{
	for (u32 *c = cells; c < end; c++)
		*c = cpu_to_fdt32(*c);
	return fdt_setprop(fdt, node, prop, cells, (int)((end - cells) * 4));
}

/* `ranges`: a window that ends below 4 GiB on the bus is 32-bit memory space. */
static int set_windows(void *fdt, int node, const struct pci_root *r)
{
	u32 cells[PCI_ROOT_WINDOWS * RANGE_CELLS], *c = cells;

	for (unsigned i = 0; i < r->nr_windows; i++) {
		u64 bus = r->window[i].bus, len = r->window[i].len;

		*c++ = bus + len <= 4 * GiB ? SPACE_32 : SPACE_64;
		c = put_u64_cells(c, bus);
		c = put_u64_cells(c, r->window[i].pa);
		c = put_u64_cells(c, len);
	}
	return set_cells(fdt, node, "ranges", cells, c);
}

/* The GIC's node has #address-cells 2 (for its MSI frames), so its unit address is part of each
 * entry: 0. */
static int set_wires(void *fdt, int node, const struct madt *m, const struct pci_root *r)
{
	static u32 cells[PCI_ROOT_WIRES * WIRE_CELLS] NOINIT;
	u32 mask[] = { 0xf800, 0, 0, 7 }, irq[TREE_IRQ_CELLS], phandle, *c = cells;
	int err;

	for (unsigned i = 0; i < r->nr_wires; i++) {
		unsigned nr = tree_irq_cells(m, r->wire[i].gsi, r->wire[i].trigger, &phandle, irq);

		if (!nr)
			continue;
		*c++ = r->wire[i].slot << 11;
		c = put_u64_cells(c, 0);
		*c++ = r->wire[i].pin;
		*c++ = phandle;
		if (phandle == PHANDLE_GIC)
			c = put_u64_cells(c, 0);
		for (unsigned k = 0; k < nr; k++)
			*c++ = irq[k];
	}
	if (c == cells)
		return 0;
	err = set_cells(fdt, node, "interrupt-map", cells, c);
	return err ? err
		   : set_cells(fdt, node, "interrupt-map-mask", mask, mask + ARRAY_SIZE(mask));
}

/* fdt_open_into() moves the strings to make space after the structure block; fdt_pack() removes the
 * space.  The host bridge is the last node, so the offsets of all other nodes in the index stay
 * valid. */
int acpi_tree_add_pci(const struct tables *tables, void *fdt, u64 size, const struct pci_root *r,
		      struct why *why)
{
	static struct madt madt NOINIT;
	static struct tables quiet NOINIT; /* faults were reported when the tree was made */
	int err, node = fdt_node_offset_by_compatible(fdt, -1, "pci-host-ecam-generic");

	if (node < 0)
		return refuse(why, ENOENT, "acpi: the tables have no PCI host bridge");
	if (fdt_getprop(fdt, node, "ranges", NULL))
		return refuse(why, EEXIST, "acpi: the PCI host bridge already has windows");
	quiet = *tables;
	quiet.log = tables_discard;
	madt_read(&madt, &quiet);
	err = fdt_open_into(fdt, fdt, (int)size);
	if (!err)
		err = set_windows(fdt, node, r);
	if (!err)
		err = set_wires(fdt, node, &madt, r);
	if (!err)
		err = fdt_pack(fdt);
	return err ? refuse(why, ENOMEM, "acpi: the PCI host bridge does not fit into the tree: %s",
			    fdt_strerror(err))
		   : 0;
}
