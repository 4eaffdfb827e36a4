/* SPDX-License-Identifier: BSD-2-Clause */
/* bridge.c - the description of the host bridge in the device tree: its windows, its buses and its
 * wires (IEEE 1275 PCI bus binding; pci-host-ecam-generic). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* needs the four above */

#include <drivers/device.h>
#include <drivers/fdt/index.h>
#include <drivers/pci/host_bridge.h>
#include <libfdt.h>
#include <tests/host/pci/rows.h>

#define ECAM 0x40000000ul
#define TOP (1ul << 52) /* no address is beyond */
#define LOW 0x02000000u
#define HIGH 0x43000000u
#define USUAL                                                                                      \
	{                                                                                          \
		LOW, 0x10000000, 0x50000000, 0x1000000                                             \
	}

struct piece {
	u32 flags;
	u64 bus, pa, len;
};

/* Properties of the node; 0 is the usual value. */
struct node {
	unsigned parent_cells, cells; /* 2, 3 */
	u64 ecam, ecam_len;           /* ECAM, 256 MiB */
	int range_len, cut;           /* bytes of bus-range; bytes that ranges lacks */
	u32 range[3];
	struct piece piece[3];
	bool no_ranges, on_root;
	u64 moves; /* the bus above: its address of the first GiB */
	/* wires: all in cells */
	u32 map[24], mask[4];
	unsigned map_nr, mask_len;
	u32 specs, addresses; /* cells + 1 of the controller; 0: no property */
	bool long_specs;
};

static u8 fdt[8192] __attribute__((aligned(8)));

static void cells64(fdt32_t **at, u64 v, unsigned nr)
{
	if (nr == 2)
		*(*at)++ = cpu_to_fdt32((u32)(v >> 32));
	*(*at)++ = cpu_to_fdt32((u32)v);
}

static void put_ranges(const struct node *n)
{
	fdt32_t cells[24], *at = cells;

	for (unsigned i = 0; i < 3 && (i == 0 || n->piece[i].len); i++) {
		*at++ = cpu_to_fdt32(n->piece[i].flags);
		cells64(&at, n->piece[i].bus, 2);
		cells64(&at, n->piece[i].pa, n->parent_cells ? n->parent_cells : 2);
		cells64(&at, n->piece[i].len, 2);
	}
	fdt_property(fdt, "ranges", cells, (int)((u8 *)at - (u8 *)cells) - n->cut);
}

static void put_cells(const char *name, const u32 *v, unsigned nr, unsigned bytes)
{
	fdt32_t cells[24];

	for (unsigned i = 0; i < nr; i++)
		cells[i] = cpu_to_fdt32(v[i]);
	fdt_property(fdt, name, cells, (int)bytes);
}

static void put_bridge(const struct node *n)
{
	fdt32_t reg[4], *at = reg;

	fdt_begin_node(fdt, "pcie");
	cells64(&at, n->ecam ? n->ecam : ECAM, n->parent_cells ? n->parent_cells : 2);
	cells64(&at, n->ecam_len ? n->ecam_len : 256 * MiB, 2);
	fdt_property(fdt, "reg", reg, (int)((u8 *)at - (u8 *)reg));
	fdt_property_u32(fdt, "#address-cells", n->cells ? n->cells : 3);
	if (!n->no_ranges)
		put_ranges(n);
	if (n->range_len)
		put_cells("bus-range", n->range, 3, (unsigned)n->range_len);
	if (n->map_nr)
		put_cells("interrupt-map", n->map, n->map_nr, 4 * n->map_nr);
	if (n->mask_len)
		put_cells("interrupt-map-mask", n->mask, 4, n->mask_len);
	fdt_end_node(fdt);
}

static void put_controller(const struct node *n, const char *name, u32 phandle)
{
	const u32 specs[2] = { n->specs - 1, 0 };

	fdt_begin_node(fdt, name);
	fdt_property_u32(fdt, "phandle", phandle);
	if (n->specs)
		put_cells("#interrupt-cells", specs, 2, n->long_specs ? 8 : 4);
	if (n->addresses)
		fdt_property_u32(fdt, "#address-cells", n->addresses - 1);
	fdt_end_node(fdt);
}

/* Buses in the way: soc, if it is not the root. */
static int parsed(const struct node *n, struct pci_host *h, struct why *why)
{
	u32 above[5] = { (u32)n->moves, 0x10, (u32)n->moves, 0, 0x40000000 };

	memset(h, 0xa5, sizeof(*h));
	*why = (struct why) { 0 };
	assert_int_equal(fdt_create(fdt, sizeof(fdt)), 0);
	assert_int_equal(fdt_finish_reservemap(fdt), 0);
	fdt_begin_node(fdt, "");
	fdt_property_u32(fdt, "#address-cells", 2);
	fdt_property_u32(fdt, "#size-cells", 2);
	put_controller(n, "intc", 7);
	put_controller(n, "other", 9);
	fdt_begin_node(fdt, "soc");
	fdt_property_u32(fdt, "#address-cells", n->parent_cells ? n->parent_cells : 2);
	fdt_property_u32(fdt, "#size-cells", 2);
	put_cells("ranges", above, 5, n->moves ? 20 : 0);
	if (!n->on_root)
		put_bridge(n);
	fdt_end_node(fdt);
	if (n->on_root)
		put_bridge(n);
	fdt_end_node(fdt);
	assert_int_equal(fdt_finish(fdt), 0);
	assert_int_equal(fdt_index_build(fdt, NULL), 0);
	return pci_host_parse(fdt, fdt_path_offset(fdt, n->on_root ? "/pcie" : "/soc/pcie"), h,
			      why);
}

/* ---- windows ---- */
static void is_window(const struct pci_window *w, const struct piece *p, const char *name)
{
	assert_string_equal(w->name, name);
	assert_int_equal(w->nr, 0);
	assert_true(w->len == p->len && w->bus == p->bus && w->pa == p->pa);
}

void windows_come_from_ranges(void **state)
{
	static const struct {
		struct node n;
		struct piece low, high;
	} rows[] = {
		{ { .piece = { USUAL } }, USUAL, { 0 } },
		{ { .piece = { USUAL }, .on_root = true }, USUAL, { 0 } },
		{ { .piece = { USUAL }, .parent_cells = 1 }, USUAL, { 0 } },
		{ { .piece = { { HIGH, 0x8000000000, 0x9000000000, 1ul << 32 }, USUAL } },
		  USUAL,
		  { 0, 0x8000000000, 0x9000000000, 1ul << 32 } },
		{ { .piece = { { HIGH, 0x8000000000, 0x9000000000, 16 } } },
		  { 0 },
		  { 0, 0x8000000000, 0x9000000000, 16 } },
		/* the largest, and of equal ones the first */
		{ { .piece = { { LOW, 1, 2, 16 }, { LOW, 3, 4, 17 }, { LOW, 5, 6, 17 } } },
		  { 0, 3, 4, 17 },
		  { 0 } },
		{ { .piece = { { 0x01000000, 1, 2, 99 }, { 0, 3, 4, 99 }, { LOW, 5, 6, 7 } } },
		  { 0, 5, 6, 7 },
		  { 0 } },
		/* what can be addressed */
		{ { .piece = { { LOW, TOP - 1, 2, 3 }, { LOW, TOP, 5, 6 } } },
		  { 0, TOP - 1, 2, 3 },
		  { 0 } },
		{ { .piece = { { LOW, 1, TOP - 1, 3 }, { LOW, 4, TOP, 6 } } },
		  { 0, 1, TOP - 1, 3 },
		  { 0 } },
		{ { .piece = { { LOW, 1, 2, TOP }, { LOW, 4, 5, TOP + 1 } } },
		  { 0, 1, 2, TOP },
		  { 0 } },
		/* as a CPU sees it, or not at all */
		{ { .piece = { USUAL, { LOW, 0, 0x90000000, 0x2000000 } },
		    .parent_cells = 1,
		    .moves = 0x40000000 },
		  { 0, 0x10000000, 0x1050000000, 0x1000000 },
		  { 0 } },
	};
	struct pci_host h;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct node n = rows[i].n;

		if (n.moves)
			n.moves = 0x40000000;
		assert_int_equal(parsed(&n, &h, &why), 0);
		is_window(&h.low, &rows[i].low, "32-bit window");
		is_window(&h.high, &rows[i].high, "64-bit window");
		assert_true(h.fdt == fdt && h.ecam_len == 256 * MiB);
		assert_true(h.ecam == (n.moves ? 0x1040000000ul : ECAM));
		assert_true(h.node == fdt_path_offset(fdt, n.on_root ? "/pcie" : "/soc/pcie"));
	}
}

void bridges_are_refused(void **state)
{
	static const struct {
		struct node n;
		const char *sentence;
	} rows[] = {
		{ { .no_ranges = true }, "pci: the host bridge has no usable ranges" },
		{ { .piece = { USUAL }, .cells = 2 }, "pci: the host bridge has no usable ranges" },
		{ { .piece = { USUAL }, .cut = 1 }, "pci: the host bridge has no memory window" },
		{ { .piece = { { 0x01000000, 1, 2, 3 } } },
		  "pci: the host bridge has no memory window" },
		{ { .piece = { USUAL }, .ecam = ECAM + 4096 },
		  "pci: configuration space 0x40001000+256M is no bus" },
		{ { .piece = { USUAL }, .ecam_len = MiB - 1 },
		  "pci: configuration space 0x40000000+0xfffff is no bus" },
		{ { .piece = { USUAL }, .parent_cells = 3 },
		  "device tree: pcie has no usable reg" },
	};
	struct pci_host h;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parsed(&rows[i].n, &h, &why), -EINVAL);
		assert_string_equal(why.text, rows[i].sentence);
	}
}

void buses_come_from_bus_range(void **state)
{
	static const struct {
		int bytes;
		u32 first, last;
		unsigned room;
		u8 from, to;
	} rows[] = {
		{ 0, 0, 0, 16, 0, 15 },       { 0, 0, 0, 256, 0, 255 },
		{ 0, 0, 0, 1, 0, 0 },         { 8, 2, 9, 256, 2, 9 },
		{ 12, 2, 9, 256, 2, 9 },      { 7, 2, 255, 256, 0, 255 },
		{ 7, 2, 9, 256, 0, 255 },     { 4, 2, 9, 256, 0, 255 },
		{ 8, 2, 9, 4, 2, 5 },         { 8, 2, 9, 8, 2, 9 },
		{ 8, 2, 9, 7, 2, 8 },         { 8, 2, 9, 9, 2, 9 },
		{ 8, 255, 255, 1, 255, 255 }, { 8, 256, 300, 256, 0, 255 },
		{ 8, 3, 2, 256, 0, 255 },     { 8, 5, 5, 256, 5, 5 },
		{ 8, 0, 256, 512, 0, 255 },   { 8, 2, 255, 256, 2, 255 },
	};
	struct pci_host h;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct node n = { .piece = { USUAL },
					.range_len = rows[i].bytes,
					.range = { rows[i].first, rows[i].last, 77 },
					.ecam_len = rows[i].room * MiB };

		assert_int_equal(parsed(&n, &h, &why), 0);
		assert_int_equal(h.bus_first, rows[i].from);
		assert_int_equal(h.bus_last, rows[i].to);
	}
}

/* ---- wires ---- */
#define WIRE(slot, pin) (slot) << 11, 0, 0, pin
#define MASK                                                                                       \
	{                                                                                          \
		0xf800, 0, 0, 7                                                                    \
	}
#define NONE ~0u

static u32 decode(const void *cells, int nr, u32 *flags)
{
	*flags = (u32)nr;
	return nr ? fdt32_ld(cells) : 1000;
}

struct wire_row {
	struct node n;
	unsigned slot, pin;
	u32 irq, flags;
};

static const struct wire_row wire_rows[] = {
	{ { .map = { WIRE(1, 1), 7, 50, 4, WIRE(1, 2), 7, 51, 4 }, .map_nr = 14, .specs = 3 },
	  1,
	  2,
	  51,
	  2 },
	{ { .map = { WIRE(1, 1), 7, 50, 4, WIRE(1, 2), 7, 51, 4 }, .map_nr = 14, .specs = 3 },
	  1,
	  1,
	  50,
	  2 },
	{ { .map = { WIRE(1, 1), 7, 50, 4, WIRE(2, 2), 7, 51, 4 }, .map_nr = 14, .specs = 3 },
	  1,
	  2,
	  NONE,
	  0 },
	{ { .map = { WIRE(1, 1), 7, 50, 4, WIRE(2, 2), 7, 51, 4 }, .map_nr = 13, .specs = 3 },
	  2,
	  2,
	  NONE,
	  0 },
	{ { .map = { WIRE(1, 1), 9, 50, 4, WIRE(2, 2), 7, 51, 4 }, .map_nr = 14, .specs = 3 },
	  1,
	  1,
	  NONE,
	  0 }, /* another controller's */
	{ { .map = { WIRE(1, 1), 8, 50, 4, WIRE(2, 2), 7, 51, 4 }, .map_nr = 14, .specs = 3 },
	  2,
	  2,
	  NONE,
	  0 }, /* its length is not known */
	{ { .map = { WIRE(1, 1), 7 }, .map_nr = 5, .specs = 1 }, 1, 1, 1000, 0 },
	{ { .map = { WIRE(1, 1), 7, 1, 2, 3, 4 }, .map_nr = 9, .specs = 5 }, 1, 1, 1, 4 },
	{ { .map = { WIRE(1, 1), 7, 1, 2, 3, 4, 5 }, .map_nr = 10, .specs = 6 }, 1, 1, NONE, 0 },
	{ { .map = { WIRE(1, 1), 7, 1 }, .map_nr = 6 }, 1, 1, NONE, 0 },
	{ { .map = { WIRE(1, 1), 7, 1 }, .map_nr = 6, .specs = 2, .long_specs = true },
	  1,
	  1,
	  NONE,
	  0 },
	{ { .map = { WIRE(1, 1), 7, 0, 0, 50 }, .map_nr = 8, .specs = 2, .addresses = 3 },
	  1,
	  1,
	  50,
	  1 },
	{ { .map = { WIRE(1, 1), 7, 0, 0, 0, 0, 50 }, .map_nr = 10, .specs = 2, .addresses = 5 },
	  1,
	  1,
	  50,
	  1 },
	{ { .map = { WIRE(1, 1), 7, 50 }, .map_nr = 6, .specs = 2, .addresses = 6 }, 1, 1, 50, 1 },
	{ { .map = { WIRE(1, 1), 7, 50 }, .map_nr = 6, .specs = 2, .mask = { 0, 0, 0, 7 } },
	  3,
	  1,
	  50,
	  1 },
	{ { .map = { WIRE(1, 1), 7, 50 }, .map_nr = 6, .specs = 2, .mask_len = 15 },
	  1,
	  1,
	  NONE,
	  0 },
	{ { .specs = 2 }, 1, 1, NONE, 0 },
};

void wires_go_by_the_map(void **state)
{
	static const struct irqchip chip = { .decode = decode }, mute = { 0 };
	struct pci_host h;
	struct why why;
	u32 flags;

	(void)state;
	for (size_t i = 0; i < sizeof(wire_rows) / sizeof(wire_rows[0]); i++) {
		const struct wire_row *r = &wire_rows[i];
		struct node n = r->n;

		n.piece[0] = (struct piece)USUAL;
		n.mask_len = n.mask_len ? n.mask_len : 16;
		if (!n.mask[3])
			memcpy(n.mask, (const u32[])MASK, sizeof(n.mask));
		assert_int_equal(parsed(&n, &h, &why), 0);
		irqchip = &chip;
		irqchip_phandle = 7;
		flags = 0;
		assert_int_equal(pci_host_irq(&h, r->slot, r->pin, &flags), r->irq);
		assert_int_equal(flags, r->flags);
		irqchip = NULL;
		assert_int_equal(pci_host_irq(&h, r->slot, r->pin, &flags), NONE);
		irqchip = &mute;
		assert_int_equal(pci_host_irq(&h, r->slot, r->pin, &flags), NONE);
		irqchip = &chip;
		irqchip_phandle = 0; /* the tree names none: every entry counts */
		if (n.map[4] == 9)
			assert_int_equal(pci_host_irq(&h, r->slot, r->pin, &flags), 50);
		irqchip = NULL;
	}
}
