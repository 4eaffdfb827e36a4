/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/pci/host_bridge.c - reads the host bridge's node; see host_bridge.h.  A malformed
 * property is refused with one sentence, or gives no interrupt. */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/pci/config.h>
#include <drivers/pci/host_bridge.h>
#include <lib/printf.h>
#include <libfdt.h>

#define CELLS_PCI 3 /* flags, address high, address low */
#define CELLS_SIZE 2
#define BUS_BYTES MiB /* ECAM: 20 address bits per bus (PCI Express 5.0, 7.2.2) */
#define FUNCTION_SHIFT 8

#define SPACE(flags) ((flags) >> 24 & 3) /* 2: 32-bit memory, 3: 64-bit memory */

/* Cells are big endian and need not be aligned to 8 bytes. */
static u64 two_cells(const fdt32_t *p)
{
	return (u64)fdt32_ld(p) << 32 | fdt32_ld(p + 1);
}

/* The parent node, whose #address-cells defines the CPU address in `ranges`; -1: the root. */
static int parent_of(const void *fdt, int node)
{
	int i = fdt_index_of(fdt, node);
	u16 up = i < 0 ? FDT_NO_PARENT : fdt_index_at((unsigned)i)->parent;

	return up == FDT_NO_PARENT ? -1 : (int)fdt_index_at(up)->offset;
}

/* The largest window of each kind (32-bit, 64-bit) is used. */
static void add_window(struct pci_host *h, u32 flags, u64 bus, u64 pa, u64 len)
{
	struct pci_window *w = SPACE(flags) == 2 ? &h->low : &h->high;

	if (SPACE(flags) < 2 || len <= w->len || fdt_to_cpu(h->fdt, h->node, &pa, len))
		return;
	if (bus >= BIT(PCI_ADDRESS_BITS) || pa >= BIT(PCI_ADDRESS_BITS) ||
	    len > BIT(PCI_ADDRESS_BITS))
		return;
	w->bus = bus;
	w->pa = pa;
	w->len = len;
}

/* `ranges` of the bridge, translated through the buses above it. */
static int read_windows(struct pci_host *h, struct why *why)
{
	int len, parent_cells = fdt_cells_address(h->fdt, parent_of(h->fdt, h->node));
	const fdt32_t *r = fdt_prop(h->fdt, h->node, "ranges", &len);
	int entry = CELLS_PCI + parent_cells + CELLS_SIZE;

	h->low = (struct pci_window) { .name = "32-bit window" };
	h->high = (struct pci_window) { .name = "64-bit window" };
	if (!r || parent_cells < 1 || parent_cells > 2 ||
	    fdt_cells_address(h->fdt, h->node) != CELLS_PCI)
		return refuse(why, EINVAL, "pci: the host bridge has no usable ranges");
	for (; len >= entry * 4; len -= entry * 4, r += entry) {
		const fdt32_t *pa = r + CELLS_PCI;

		add_window(h, fdt32_ld(r), two_cells(r + 1),
			   parent_cells == 2 ? two_cells(pa) : fdt32_ld(pa),
			   two_cells(pa + parent_cells));
	}
	return h->low.len || h->high.len
		       ? 0
		       : refuse(why, EINVAL, "pci: the host bridge has no memory window");
}

/* Read bus-range; a malformed one counts as absent.  The size of configuration space limits the
 * buses in either case. */
static void read_buses(struct pci_host *h)
{
	int len;
	const fdt32_t *p = fdt_prop(h->fdt, h->node, "bus-range", &len);
	u32 first = p && len >= 8 ? fdt32_ld(p) : 0, last = p && len >= 8 ? fdt32_ld(p + 1) : 255;
	u64 room = h->ecam_len / BUS_BYTES;

	if (first > 255 || last < first || last > 255)
		first = 0, last = 255;
	if (last - first >= room)
		last = first + (u32)room - 1;
	h->bus_first = (u8)first;
	h->bus_last = (u8)last;
}

/* The first range of `reg` is ECAM.  Its base must be aligned to the size of a bus, because the bus
 * number is a field of the address. */
int pci_host_parse(const void *fdt, int node, struct pci_host *h, struct why *why)
{
	struct device d;
	int err = fdt_device(fdt, node, &d, why);

	if (err)
		return err;
	h->fdt = fdt;
	h->node = node;
	h->ecam = d.pa[0];
	h->ecam_len = d.len[0];
	if (h->ecam_len < BUS_BYTES || !is_aligned(h->ecam, BUS_BYTES))
		return refuse(why, EINVAL, "pci: configuration space %s is no bus",
			      range_text(h->ecam, h->ecam_len).text);
	read_buses(h);
	return read_windows(h, why);
}

/* Parse one entry of interrupt-map.  Returns its length in cells; 0: it is cut off or names no
 * interrupt controller. */
static int map_entry(const struct pci_host *h, const fdt32_t *p, int cells, const fdt32_t **spec,
		     int *spec_cells)
{
	int node, address, len;
	const fdt32_t *n;

	if (cells < CELLS_PCI + 2)
		return 0;
	node = fdt_by_phandle(h->fdt, fdt32_ld(p + CELLS_PCI + 1));
	n = fdt_prop(h->fdt, node, "#interrupt-cells", &len);
	if (!n || len != 4 || fdt32_ld(n) > 4)
		return 0;
	*spec_cells = (int)fdt32_ld(n);
	n = fdt_prop(h->fdt, node, "#address-cells", &len); /* absent: 0 here, not 2 */
	address = n && len == 4 && fdt32_ld(n) <= 4 ? (int)fdt32_ld(n) : 0;
	*spec = p + CELLS_PCI + 2 + address;
	len = CELLS_PCI + 2 + address + *spec_cells;
	return len <= cells ? len : 0;
}

/* Is the entry for the controller in use?  True also if the tree has no phandle for that. */
static bool is_ours(const fdt32_t *entry)
{
	return !irqchip_phandle || fdt32_ld(entry + CELLS_PCI + 1) == irqchip_phandle;
}

/* Entries are compared under interrupt-map-mask, which selects device and pin (PCI bus binding).
 * The walk ends at the first malformed entry, whose length is unknown. */
u32 pci_host_irq(const struct pci_host *h, unsigned slot, unsigned pin, u32 *flags)
{
	int len, mask_len, spec_cells, step;
	const fdt32_t *map = fdt_prop(h->fdt, h->node, "interrupt-map", &len);
	const fdt32_t *mask = fdt_prop(h->fdt, h->node, "interrupt-map-mask", &mask_len);
	u32 address = slot << 3 << FUNCTION_SHIFT;
	const fdt32_t *spec;

	if (!map || !mask || mask_len < (CELLS_PCI + 1) * 4 || !irqchip || !irqchip->decode)
		return ~0u;
	for (int cells = len / 4; (step = map_entry(h, map, cells, &spec, &spec_cells)) > 0;
	     cells -= step, map += step) {
		if (((fdt32_ld(map) ^ address) & fdt32_ld(mask)) == 0 &&
		    ((fdt32_ld(map + CELLS_PCI) ^ pin) & fdt32_ld(mask + CELLS_PCI)) == 0)
			return is_ours(map) ? irqchip->decode(spec, spec_cells, flags) : ~0u;
	}
	return ~0u;
}

/* Entries of msi-map: first requester id, phandle, first id of the controller, number of ids. */
u32 pci_host_messages(const struct pci_host *h, u32 requester)
{
	int len;
	const fdt32_t *p = fdt_prop(h->fdt, h->node, "msi-map", &len);
	u32 id = requester & fdt_u32(h->fdt, h->node, "msi-map-mask", ~0u);

	for (; p && len >= 16; p += 4, len -= 16)
		if (id >= fdt32_ld(p) && id - fdt32_ld(p) < fdt32_ld(p + 3))
			return fdt32_ld(p + 1);
	return fdt_u32(h->fdt, h->node, "msi-parent", 0);
}
