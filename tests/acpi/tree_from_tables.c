/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device tree that is made from this machine's tables agrees with firmware's device tree, or
 * with the tree made from the same tables at boot; and so do the windows and interrupt wires that
 * AML describes for the PCI root.
 */
#include <drivers/acpi/acpi_machine.h>
#include <drivers/acpi/agree.h>
#include <drivers/acpi/aml.h>
#include <drivers/acpi/pci_root.h>
#include <drivers/fdt/fdt.h>
#include <drivers/pci/pci.h>
#include <lib/init.h>
#include <mm/hotplug/event.h>
#include <tests/harness/util.h>

static u8 made_tree[ACPI_TREE_BYTES] NOINIT __attribute__((aligned(8)));
static struct test_run *run;

static void complain(const char *sentence)
{
	test_fail(run, __FILE__, __LINE__, "%s", sentence);
}

static bool make_tree(struct test_run *t)
{
	static struct tables tables;
	struct why why = { 0 };

	if (!acpi_machine()->has_tables) {
		test_skip(t, "this machine has no ACPI tables");
		return false;
	}
	run = t;
	tables = acpi_machine()->tables;
	tables.say = complain;
	return CHECK_OK(t, acpi_tree_make(&tables, made_tree, sizeof(made_tree), &why), &why);
}

TEST(acpi, tree, .claim = "the tables describe the machine that the device tree describes",
     .rows = "S1-21")
{
	if (make_tree(t))
		CHECK_EQ(t, acpi_disagreements(fdt_of_boot, made_tree, complain), 0);
}

static void same_window(struct test_run *t, const struct pci_window *a, const struct pci_window *b)
{
	CHECK_EQ(t, a->pa, b->pa);
	CHECK_EQ(t, a->bus, b->bus);
	CHECK_EQ(t, a->len, b->len);
}

static void same_wires(struct test_run *t, const struct pci_host *a, const struct pci_host *b)
{
	u32 phandle = irqchip_phandle, flags_a = 0, flags_b = 0;

	irqchip_phandle = 0; /* the two trees have different phandles for controllers */
	for (unsigned slot = 0; slot < 32; slot++)
		for (unsigned pin = 1; pin <= 4; pin++) {
			CHECK_EQ(t, pci_host_irq(a, slot, pin, &flags_a),
				 pci_host_irq(b, slot, pin, &flags_b));
			CHECK_EQ(t, flags_a, flags_b);
		}
	irqchip_phandle = phandle;
}

TEST(acpi, pci_root, .claim = "AML gives the PCI bridge the windows and wires of the device tree",
     .rows = "S1-21")
{
	static const char *const bridges[] = { "pci-host-ecam-generic", NULL };
	static struct pci_root root NOINIT;
	struct why why = { 0 };
	struct pci_host host;

	if (!aml_running() || !pci_bridge()) {
		test_skip(t, "no namespace is in use, or no PCI bridge");
		return;
	}
	if (!make_tree(t) ||
	    !CHECK_OK(t, pci_root_read(&root, 0, pci_bridge()->bus_first, &why), &why) ||
	    !CHECK_OK(t,
		      acpi_tree_add_pci(&acpi_machine()->tables, made_tree, sizeof(made_tree),
					&root, &why),
		      &why) ||
	    !CHECK_OK(t, fdt_check(made_tree, sizeof(made_tree), &why), &why))
		return;
	if (!CHECK_OK(t,
		      pci_host_parse(made_tree, fdt_next_compatible(made_tree, -1, bridges), &host,
				     &why),
		      &why))
		return;
	CHECK_EQ(t, host.ecam, pci_bridge()->ecam);
	same_window(t, &host.low, &pci_bridge()->low);
	same_window(t, &host.high, &pci_bridge()->high);
	same_wires(t, &host, pci_bridge());
}
