/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi/t_pci.c - windows and wires of the PCI host bridge, up to the maximum, cell by
 * cell (PCI Bus Binding to IEEE 1275, 2.2.1; Devicetree Specification 0.4, 2.4.3).
 */
#include "craft.h"
#include <libfdt.h>
#include <string.h>

#define BRIDGE "/pcie@4010000000"
#define SPACE_32 0x02000000u
#define SPACE_64 0x03000000u

static u8 tree[ACPI_TREE_BYTES] __attribute__((aligned(8)));
static struct pci_root root;

static void arm(void)
{
	craft_begin();
	craft_arm(2, 1);
	craft_mcfg(0x4010000000, 0, 0, 255);
	craft_end();
	memset(&root, 0, sizeof(root));
	assert_non_null(craft_tree_in(tree, sizeof(tree)));
}

static void riscv(void)
{
	craft_begin();
	craft_riscv(1, false, false);
	craft_mcfg(0x4010000000, 0, 0, 255);
	craft_end();
	memset(&root, 0, sizeof(root));
	assert_non_null(craft_tree_in(tree, sizeof(tree)));
}

static int add(void)
{
	return acpi_tree_add_pci(craft_tables(), tree, sizeof(tree), &root, &craft_why);
}

static u32 range(unsigned n, unsigned at)
{
	return cell(tree, BRIDGE, "ranges", 7 * n + at);
}

/* A window that ends at 4 GiB on the bus still has addresses of 32 bits. */
static void windows_say_their_space(void **state)
{
	static const struct {
		u64 bus, len;
		u32 space;
	} rows[] = {
		{ 0x10000000, 0x10000000, SPACE_32 },
		{ 0xf0000000, 0x10000000, SPACE_32 },
		{ 0xf0000000, 0x10000001, SPACE_64 },
		{ 0x100000000, 0x10000000, SPACE_64 },
		{ 0xfffff000, 0x1000, SPACE_32 },
		{ 0xfffff001, 0x1000, SPACE_64 },
		{ 0, 0x1000, SPACE_32 },
		{ 0x8000000000, 0x8000000000, SPACE_64 },
	};

	(void)state;
	_Static_assert(ARRAY_SIZE(rows) == PCI_ROOT_WINDOWS, "all that fit");
	arm();
	root.nr_windows = PCI_ROOT_WINDOWS;
	for (unsigned i = 0; i < PCI_ROOT_WINDOWS; i++) {
		root.window[i].bus = rows[i].bus;
		root.window[i].len = rows[i].len;
		root.window[i].pa = 0x9900000000 + rows[i].bus;
	}
	assert_int_equal(add(), 0);
	assert_int_equal(cells(tree, BRIDGE, "ranges"), 7 * PCI_ROOT_WINDOWS);
	for (unsigned i = 0; i < PCI_ROOT_WINDOWS; i++) {
		assert_int_equal(range(i, 0), rows[i].space);
		assert_int_equal(cell_pair(tree, BRIDGE, "ranges", 7 * i + 1), rows[i].bus);
		assert_int_equal(cell_pair(tree, BRIDGE, "ranges", 7 * i + 3),
				 0x9900000000 + rows[i].bus);
		assert_int_equal(cell_pair(tree, BRIDGE, "ranges", 7 * i + 5), rows[i].len);
	}
	assert_int_equal(cells(tree, BRIDGE, "interrupt-map"), 0);
	assert_int_equal(cells(tree, BRIDGE, "interrupt-map-mask"), 0);
}

static u32 map(unsigned n)
{
	return cell(tree, BRIDGE, "interrupt-map", n);
}

static void wire(unsigned i, u32 slot, u32 pin, u32 gsi, u32 trigger)
{
	root.wire[i].slot = slot;
	root.wire[i].pin = pin;
	root.wire[i].gsi = gsi;
	root.wire[i].trigger = trigger;
}

/* A GIC has two address cells and three interrupt cells. */
static void wires_of_a_gic(void **state)
{
	const u32 gic = (arm(), cell(tree, "/interrupt-controller@8000000", "phandle", 0));

	(void)state;
	root.nr_wires = PCI_ROOT_WIRES;
	for (unsigned i = 0; i < PCI_ROOT_WIRES; i++)
		wire(i, i % 32, i / 32 % 4 + 1, 32 + i, i & 1 ? 1 : 4);
	assert_int_equal(add(), 0);
	assert_int_equal(cells(tree, BRIDGE, "interrupt-map"), 10 * PCI_ROOT_WIRES);
	for (unsigned i = 0; i < PCI_ROOT_WIRES; i++) {
		const u32 wanted[] = { i % 32 << 11, 0, 0, i / 32 % 4 + 1, gic, 0, 0, 0, i,
				       i & 1 ? 1 : 4 };

		for (unsigned k = 0; k < 10; k++)
			assert_int_equal(map(10 * i + k), wanted[k]);
	}
	assert_int_equal(cells(tree, BRIDGE, "interrupt-map-mask"), 4);
	assert_int_equal(cell(tree, BRIDGE, "interrupt-map-mask", 0), 0xf800);
	assert_int_equal(cell(tree, BRIDGE, "interrupt-map-mask", 1), 0);
	assert_int_equal(cell(tree, BRIDGE, "interrupt-map-mask", 2), 0);
	assert_int_equal(cell(tree, BRIDGE, "interrupt-map-mask", 3), 7);
}

/* A PLIC has no address cells and one interrupt cell; a wire to no controller is left out. */
static void wires_of_a_plic(void **state)
{
	u32 plic;

	(void)state;
	riscv();
	plic = cell(tree, "/interrupt-controller@c000000", "phandle", 0);
	root.nr_wires = 3;
	wire(0, 1, 1, 33, 4);
	wire(1, 2, 2, 96, 4); /* the PLIC has 95 sources */
	wire(2, 3, 4, 95, 4);
	assert_int_equal(add(), 0);
	assert_int_equal(cells(tree, BRIDGE, "interrupt-map"), 12);
	for (unsigned i = 0; i < 2; i++) {
		const u32 wanted[] = { (i ? 3u : 1u) << 11, 0, 0, i ? 4 : 1, plic, i ? 95 : 33 };

		for (unsigned k = 0; k < 6; k++)
			assert_int_equal(map(6 * i + k), wanted[k]);
	}
}

static void what_cannot_be_added(void **state)
{
	(void)state;
	craft_begin();
	craft_arm(2, 1);
	craft_end();
	assert_non_null(craft_tree_in(tree, sizeof(tree)));
	assert_int_equal(add(), -ENOENT);
	assert_string_equal(craft_why.text, "acpi: the tables have no PCI host bridge");
	arm();
	assert_int_equal(add(), 0);
	assert_int_equal(add(), -EEXIST);
	assert_string_equal(craft_why.text, "acpi: the PCI host bridge already has windows");
}

static int in(u64 size)
{
	arm();
	root.nr_wires = 8;
	for (unsigned i = 0; i < 8; i++)
		wire(i, i, 1, 40, 4);
	return acpi_tree_add_pci(craft_tables(), tree, size, &root, &craft_why);
}

/* The map has exactly the bytes that it needs. */
static void room_for_wires(void **state)
{
	u64 before, whole;

	(void)state;
	arm();
	before = fdt_totalsize(tree);
	assert_int_equal(in(sizeof(tree)), 0);
	whole = fdt_totalsize(tree);
	assert_in_range(whole, before + 8 * 40, before + 8 * 40 + 200);
	for (u64 size = before; size < whole; size += 4) {
		assert_int_equal(in(size), -ENOMEM);
		assert_non_null(strstr(craft_why.text, "does not fit into the tree"));
	}
}

int run_pci_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_say_their_space), cmocka_unit_test(wires_of_a_gic),
		cmocka_unit_test(wires_of_a_plic),         cmocka_unit_test(what_cannot_be_added),
		cmocka_unit_test(room_for_wires),
	};

	return cmocka_run_group_tests_name("acpi: pci", tests, NULL, NULL);
}
