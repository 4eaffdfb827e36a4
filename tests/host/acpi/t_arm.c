/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/t_arm.c - an Arm machine: CPUs, PSCI, timer, GIC, memory, PCI. */
#include "craft.h"
#include <drivers/pci/host_bridge.h>
#include <libfdt.h>
#include <string.h>

#define GIC "/interrupt-controller@8000000"

static void machine(unsigned gic, unsigned cpus)
{
	craft_begin();
	craft_arm(gic, cpus);
	craft_spcr(3, 0, 0x09000000, 33);
	craft_mcfg(0x4010000000, 0, 0, 255);
	craft_end();
}

static void cpus_are_those_of_the_madt(void **state)
{
	struct fdt_cpu found[16];
	const void *fdt;

	(void)state;
	machine(2, 6);
	fdt = craft_tree();
	assert_non_null(fdt);
	assert_string_equal(craft_said, "");
	assert_int_equal(fdt_cpus(fdt, found, 16), 6);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(found[i].hwid, i / 4 << 8 | i % 4);
		assert_true(!found[i].unusable);
	}
	assert_string_equal(text(fdt, "/cpus/cpu@101", "enable-method"), "psci");
	assert_true(acpi_tree_is(fdt));
	assert_string_equal(fdt_model(fdt), "CRAFT,TABLES");
}

static void psci_is_called_as_the_fadt_says(void **state)
{
	const u16 boot[] = { 3, 1, 0 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(boot); i++) {
		const void *fdt;

		craft_begin();
		craft_table("APIC", 44);
		craft_gicc(0, 0, 1);
		craft_seal();
		craft_fadt(boot[i]);
		craft_end();
		fdt = craft_tree();
		assert_int_equal(there(fdt, "/psci"), boot[i] != 0);
		if (boot[i])
			assert_string_equal(text(fdt, "/psci", "method"),
					    boot[i] == 3 ? "hvc" : "smc");
		else
			assert_true(said("no PSCI"));
	}
}

static void the_gic_is_where_the_madt_says(void **state)
{
	const void *fdt;

	(void)state;
	machine(2, 2);
	fdt = craft_tree();
	assert_string_equal(text(fdt, GIC, "compatible"), "arm,cortex-a15-gic");
	assert_int_equal(cell_pair(fdt, GIC, "reg", 4), 0x08010000);
	assert_int_equal(cell_pair(fdt, GIC "/v2m@8020000", "reg", 0), 0x08020000);
	assert_int_equal(cell(fdt, "/pcie@4010000000", "msi-parent", 0),
			 cell(fdt, GIC "/v2m@8020000", "phandle", 0));
	machine(3, 2);
	fdt = craft_tree();
	assert_string_equal(text(fdt, GIC, "compatible"), "arm,gic-v3");
	assert_int_equal(cells(fdt, GIC, "reg"), 8);
	assert_int_equal(cell_pair(fdt, GIC, "reg", 4), 0x080a0000);
	assert_int_equal(cell_pair(fdt, GIC, "reg", 6), 0xf60000);
}

/* Four triplets: 1 is a PPI, numbers from 16 on; low level is 8, a rising edge 1. */
static void the_timer_has_the_numbers_of_the_gtdt(void **state)
{
	static const u32 wanted[] = { 1, 13, 8, 1, 14, 8, 1, 11, 8, 1, 10, 1 };
	const void *fdt;

	(void)state;
	machine(3, 1);
	fdt = craft_tree();
	assert_int_equal(cells(fdt, "/timer", "interrupts"), ARRAY_SIZE(wanted));
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(cell(fdt, "/timer", "interrupts", i), wanted[i]);
}

/* SRAT: memory present at boot has a node; a window and disabled memory have none; CPUs have
 * theirs. */
static void memory_is_what_the_srat_has(void **state)
{
	struct fdt_cpu found[4];
	const void *fdt;

	(void)state;
	craft_begin();
	craft_arm(3, 2);
	craft_table("SRAT", 48);
	craft_put(3 | 18 << 8, 2); /* CPU 1 is in domain 5 */
	craft_put(5, 4);
	craft_put(1, 4);
	craft_put(1, 4);
	craft_put(0, 4);
	craft_srat_memory(0, 0x40000000, 0x40000000, 1);
	craft_srat_memory(1, 0x80000000, 0x40000000, 1);
	craft_srat_memory(1, 0xc0000000, 0x40000000, 3);
	craft_srat_memory(1, 0x100000000, 0x40000000, 0);
	craft_srat_memory(1, 0x140000000, 0x40000000, 5);
	craft_seal();
	craft_end();
	fdt = craft_tree();
	assert_int_equal(cell(fdt, "/memory@40000000", "numa-node-id", 0), 0);
	assert_int_equal(cell(fdt, "/memory@80000000", "numa-node-id", 0), 1);
	assert_false(there(fdt, "/memory@c0000000"));
	assert_false(there(fdt, "/memory@100000000"));
	assert_false(there(fdt, "/memory@140000000"));
	assert_int_equal(fdt_cpus(fdt, found, 4), 2);
	assert_int_equal(found[0].node, 0);
	assert_int_equal(found[1].node, 5);
}

static void pci_has_the_space_of_the_mcfg(void **state)
{
	const void *fdt;

	(void)state;
	craft_begin();
	craft_arm(2, 1);
	craft_mcfg(0x4010000000, 2, 0x10, 0x1f);
	craft_end();
	fdt = craft_tree();
	assert_int_equal(cell_pair(fdt, "/pcie@4011000000", "reg", 0), 0x4011000000);
	assert_int_equal(cell_pair(fdt, "/pcie@4011000000", "reg", 2), 0x1000000);
	assert_int_equal(cell(fdt, "/pcie@4011000000", "bus-range", 0), 0x10);
	assert_int_equal(cell(fdt, "/pcie@4011000000", "linux,pci-domain", 0), 2);
}

/* The host bridge driver reads back what AML added; no other node changes. */
static void windows_and_wires_come_into_the_bridge(void **state)
{
	static u8 tree[ACPI_TREE_BYTES] __attribute__((aligned(8)));
	struct pci_root root = { .nr_windows = 2, .nr_wires = 2 };
	struct pci_host host;
	int serial, node;
	u32 flags;

	(void)state;
	machine(2, 2);
	assert_non_null(craft_tree_in(tree, sizeof(tree)));
	serial = fdt_path_offset(tree, "/serial@9000000");
	root.window[0].bus = root.window[0].pa = 0x10000000;
	root.window[0].len = 0x2eff0000;
	root.window[1].bus = 0x1000000000;
	root.window[1].pa = 0x8000000000;
	root.window[1].len = 0x1000000000;
	root.wire[1].slot = 1;
	root.wire[1].pin = 1;
	root.wire[1].gsi = 36;
	root.wire[1].trigger = 4;
	root.wire[0] = root.wire[1];
	root.wire[0].pin = 2;
	root.wire[0].gsi = 5000; /* of no controller: left out */
	assert_int_equal(acpi_tree_add_pci(craft_tables(), tree, sizeof(tree), &root, &craft_why),
			 0);
	assert_int_equal(fdt_check(tree, sizeof(tree), &craft_why), 0);
	assert_int_equal(fdt_path_offset(tree, "/serial@9000000"), serial);
	node = fdt_path_offset(tree, "/pcie@4010000000");
	assert_int_equal(pci_host_parse(tree, node, &host, &craft_why), 0);
	assert_int_equal(host.low.pa, 0x10000000);
	assert_int_equal(host.high.bus, 0x1000000000);
	assert_int_equal(host.high.pa, 0x8000000000);
	assert_int_equal(pci_host_irq(&host, 1, 1, &flags), 36);
	assert_int_equal(pci_host_irq(&host, 1, 2, &flags), ~0u);
	assert_int_equal(acpi_tree_add_pci(craft_tables(), tree, sizeof(tree), &root, &craft_why),
			 -EEXIST);
}

int run_arm_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpus_are_those_of_the_madt),
		cmocka_unit_test(psci_is_called_as_the_fadt_says),
		cmocka_unit_test(the_gic_is_where_the_madt_says),
		cmocka_unit_test(the_timer_has_the_numbers_of_the_gtdt),
		cmocka_unit_test(memory_is_what_the_srat_has),
		cmocka_unit_test(pci_has_the_space_of_the_mcfg),
		cmocka_unit_test(windows_and_wires_come_into_the_bridge),
	};

	return cmocka_run_group_tests_name("acpi: arm", tests, NULL, NULL);
}
