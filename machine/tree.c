/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/tree.c - the device tree: the nodes that both architectures have.
 */
#include <libfdt.h>
#include <machine/flash.h>
#include <machine/pci.h>
#include <machine/reserve.h>
#include <machine/tree.h>
#include <machine/virtio_mmio.h>
#include <stdio.h>

static int failed; /* the first error of a sequence of calls of libfdt */

void tree_check(int err)
{
	if (err < 0 && !failed)
		failed = err;
}

void tree_begin(void *b, const char *name)
{
	tree_check(fdt_begin_node(b, name));
}

void tree_end(void *b)
{
	tree_check(fdt_end_node(b));
}

void tree_text(void *b, const char *name, const char *value)
{
	tree_check(fdt_property_string(b, name, value));
}

void tree_number(void *b, const char *name, u32 value)
{
	tree_check(fdt_property_u32(b, name, value));
}

void tree_empty(void *b, const char *name)
{
	tree_check(fdt_property(b, name, "", 0));
}

void tree_reg(void *b, u64 base, u64 bytes)
{
	fdt64_t cells[2] = { cpu_to_fdt64(base), cpu_to_fdt64(bytes) };

	tree_check(fdt_property(b, "reg", cells, sizeof(cells)));
}

void tree_cells(void *b, unsigned address, unsigned size)
{
	tree_number(b, "#address-cells", address);
	tree_number(b, "#size-cells", size);
}

#define CELLS_MOST (PCI_PINS * PCI_PINS * 8)

struct cells {
	fdt32_t cell[CELLS_MOST];
	unsigned nr;
};

static void add(struct cells *c, u32 value)
{
	c->cell[c->nr++] = cpu_to_fdt32(value);
}

static void add64(struct cells *c, u64 value)
{
	add(c, (u32)(value >> 32));
	add(c, (u32)value);
}

static void tree_array(void *b, const char *name, const struct cells *c)
{
	tree_check(fdt_property(b, name, c->cell, (int)(c->nr * sizeof(c->cell[0]))));
}

/* ---- the host bridge (PCI bus binding to IEEE 1275; pci-host-ecam-generic) ---- */
#define SPACE_32 0x02000000u
#define SPACE_64 0x43000000u /* prefetchable */

static void add_window(struct cells *c, u32 space, const struct machine_device *d)
{
	if (!d->bytes)
		return;
	add(c, space);
	add64(c, d->base + PCI_SHIFTED);
	add64(c, d->base);
	add64(c, d->bytes);
}

/* INTA to INTD of slots 0 to 3; the mask maps further slots to these. */
static void tree_wires(void *b, u32 controller, const u32 *wires, unsigned n)
{
	struct cells mask = { 0 }, map = { 0 };

	add(&mask, (PCI_PINS - 1) << 11);
	add64(&mask, 0);
	add(&mask, 7);
	tree_array(b, "interrupt-map-mask", &mask);
	for (unsigned i = 0; i < PCI_PINS * PCI_PINS; i++) {
		unsigned slot = i / PCI_PINS, pin = i % PCI_PINS;

		add(&map, slot << 11);
		add64(&map, 0);
		add(&map, pin + 1);
		add(&map, controller);
		for (unsigned k = 0; k < n; k++)
			add(&map, wires[(slot + pin) % PCI_PINS * n + k]);
	}
	tree_array(b, "interrupt-map", &map);
}

void tree_pci(void *b, u32 controller, const u32 *wires, unsigned n)
{
	struct cells ranges = { 0 }, buses = { 0 };
	char name[32];

	if (!pci_ecam.bytes)
		return;
	snprintf(name, sizeof(name), "pcie@%lx", pci_ecam.base);
	tree_begin(b, name);
	tree_text(b, "compatible", "pci-host-ecam-generic");
	tree_text(b, "device_type", "pci");
	tree_reg(b, pci_ecam.base, pci_ecam.bytes);
	tree_cells(b, 3, 2);
	tree_number(b, "#interrupt-cells", 1);
	tree_empty(b, "dma-coherent");
	add(&buses, 0);
	add(&buses, PCI_BUSES - 1);
	tree_array(b, "bus-range", &buses);
	add_window(&ranges, SPACE_32, &pci_low);
	add_window(&ranges, SPACE_64, &pci_high);
	tree_array(b, "ranges", &ranges);
	tree_wires(b, controller, wires, n);
	tree_end(b);
}

void tree_virtio(void *b, u32 controller, const u32 *wire, unsigned n)
{
	struct cells wires = { 0 };
	char name[32];

	if (!virtio_mmio_device.bytes)
		return;
	for (unsigned i = 0; i < n; i++)
		add(&wires, wire[i]);
	snprintf(name, sizeof(name), "virtio_mmio@%lx", virtio_mmio_device.base);
	tree_begin(b, name);
	tree_text(b, "compatible", "virtio,mmio");
	tree_reg(b, virtio_mmio_device.base, virtio_mmio_device.bytes);
	tree_number(b, "interrupt-parent", controller);
	tree_array(b, "interrupts", &wires);
	tree_empty(b, "dma-coherent");
	tree_end(b);
}

/* Bank 0 is memory (mtd-rom); drivers may write to bank 1 alone (cfi-flash). */
static void tree_bank(void *b, const char *kind, u64 base)
{
	char name[32];

	snprintf(name, sizeof(name), "flash@%lx", base);
	tree_begin(b, name);
	tree_text(b, "compatible", kind);
	tree_reg(b, base, flash_device.bytes);
	tree_number(b, "bank-width", (flash_narrow ? 1 : 2) * (u32)flash_chips);
	tree_end(b);
}

void tree_flash(void *b)
{
	if (!flash_device.bytes)
		return;
	tree_bank(b, "mtd-rom", flash_device.base - flash_device.bytes);
	tree_bank(b, "cfi-flash", flash_device.base);
}

void tree_chosen(void *b, const struct tree_of *t, const char *console)
{
	tree_begin(b, "chosen");
	tree_text(b, "bootargs", t->args);
	tree_text(b, "stdout-path", console);
	if (t->kaslr)
		tree_check(fdt_property_u64(b, "kaslr-seed", t->kaslr));
	if (t->initrd_bytes) {
		tree_check(fdt_property_u64(b, "linux,initrd-start", t->initrd));
		tree_check(fdt_property_u64(b, "linux,initrd-end", t->initrd + t->initrd_bytes));
	}
	tree_end(b);
}

void tree_numa(void *b, const struct tree_of *t, unsigned node)
{
	if (t->numa)
		tree_number(b, "numa-node-id", node);
}

void tree_memory(void *b, const struct tree_of *t)
{
	const u64 base[] = { t->ram, t->second };
	char name[32];

	for (unsigned node = 0; node < ARRAY_SIZE(base) && t->bytes[node]; node++) {
		snprintf(name, sizeof(name), "memory@%lx", base[node]);
		tree_begin(b, name);
		tree_text(b, "device_type", "memory");
		tree_reg(b, base[node], t->bytes[node]);
		tree_numa(b, t, node);
		tree_end(b);
	}
}

static void tree_entries(void *b)
{
	for (unsigned i = 0; i < reserve.nr; i++)
		if (reserve.of[i].kind == RESERVE_ENTRY)
			tree_check(fdt_add_reservemap_entry(b, reserve.of[i].base,
							    reserve.of[i].bytes));
}

static void tree_reservation(void *b, const struct reservation *r)
{
	char name[32];

	if (r->kind == RESERVE_ENTRY)
		return;
	snprintf(name, sizeof(name), "%s@%lx", r->name, r->base);
	tree_begin(b, name);
	tree_reg(b, r->base, r->bytes);
	if (r->kind != RESERVE_MAP)
		tree_empty(b, "no-map");
	tree_end(b);
}

void tree_reserved(void *b)
{
	tree_begin(b, "reserved-memory");
	tree_cells(b, 2, 2);
	tree_empty(b, "ranges");
	for (unsigned i = 0; i < reserve.nr; i++)
		tree_reservation(b, &reserve.of[i]);
	tree_end(b);
}

/* The binding pmem-region. */
void tree_pmem(void *b, const struct tree_of *t)
{
	char name[32];

	if (!t->pmem_bytes)
		return;
	snprintf(name, sizeof(name), "pmem@%lx", t->pmem);
	tree_begin(b, name);
	tree_text(b, "compatible", "pmem-region");
	tree_reg(b, t->pmem, t->pmem_bytes);
	tree_numa(b, t, 0);
	tree_end(b);
}

unsigned tree_make(const struct tree_of *t, void *blob, unsigned room)
{
	failed = 0;
	tree_check(fdt_create(blob, (int)room));
	tree_entries(blob);
	tree_check(fdt_finish_reservemap(blob));
	tree_begin(blob, "");
	tree_root(blob, t);
	tree_end(blob);
	tree_check(fdt_finish(blob));
	return failed ? 0 : fdt_totalsize(blob);
}
