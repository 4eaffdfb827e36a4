/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device tree made of this machine's tables describes the machine that the tree of boot
 * describes: firmware's device tree, or the tree made of the same tables.  The same holds for the
 * windows and wires that AML reports for the PCI root.
 */
#include <drivers/acpi/acpi_machine.h>
#include <drivers/acpi/aml.h>
#include <drivers/acpi/madt.h>
#include <drivers/acpi/pci_root.h>
#include <drivers/fdt/fdt.h>
#include <drivers/pci/pci.h>
#include <lib/init.h>
#include <mm/hotplug/event.h>
#include <tests/harness/util.h>

static const char *const bridges[] = { "pci-host-ecam-generic", NULL };
static u8 made[ACPI_TREE_BYTES] NOINIT __attribute__((aligned(8)));
static struct test_run *run;

static void complain(const char *sentence)
{
	test_fail(run, __FILE__, __LINE__, "%s", sentence);
}

static bool make(struct test_run *t)
{
	static struct tables tables;
	struct why why = { 0 };

	if (!acpi_machine()->has_tables) {
		test_skip(t, "this machine has no ACPI tables");
		return false;
	}
	run = t;
	tables = acpi_machine()->tables;
	tables.log = complain;
	return CHECK_OK(t, acpi_tree_make(&tables, made, sizeof(made), &why), &why);
}

/* Every CPU that the tree of boot lists as usable, and no other; the MADT's enabled CPUs. */
static void same_cpus(struct test_run *t)
{
	static struct fdt_cpu boot[MADT_CPUS] NOINIT, acpi[MADT_CPUS] NOINIT;
	unsigned nr_boot = fdt_cpus(fdt_of_boot, boot, MADT_CPUS), usable = 0;
	unsigned nr_acpi = fdt_cpus(made, acpi, MADT_CPUS);

	for (unsigned i = 0; i < nr_boot; i++) {
		unsigned found = 0;

		for (unsigned j = 0; j < nr_acpi; j++)
			found += acpi[j].hwid == boot[i].hwid;
		CHECK_EQ(t, found, !boot[i].unusable);
		usable += !boot[i].unusable;
	}
	CHECK_EQ(t, nr_acpi, usable);
}

struct ranges {
	unsigned nr;
	struct fdt_memory_range r[64];
};

/* Callback of fdt_memory_each(): RAM; the SRAT need not list memory that can be hot-added. */
static void collect(const struct fdt_memory_range *r, const char *fault, void *arg)
{
	struct ranges *list = arg;

	if (!fault && r->len && !r->pmem && !r->hotpluggable && list->nr < ARRAY_SIZE(list->r))
		list->r[list->nr++] = *r;
}

/* The same ranges on the same nodes, if the machine has an SRAT. */
static void same_memory(struct test_run *t)
{
	static struct ranges boot, acpi;

	boot.nr = acpi.nr = 0;
	fdt_memory_each(fdt_of_boot, collect, &boot);
	fdt_memory_each(made, collect, &acpi);
	if (!acpi.nr)
		return;
	CHECK_EQ(t, acpi.nr, boot.nr);
	for (unsigned i = 0; i < acpi.nr; i++) {
		const struct fdt_memory_range *r = &acpi.r[i];
		unsigned found = 0;

		for (unsigned j = 0; j < boot.nr; j++)
			found += boot.r[j].pa == r->pa && boot.r[j].len == r->len &&
				 boot.r[j].node == r->node;
		CHECK_EQ(t, found, 1);
	}
}

/* The first registers of a node, if both trees have it. */
static void same_device(struct test_run *t, int boot, int acpi)
{
	struct device a, b;

	if (boot < 0 || acpi < 0)
		return;
	(void)fdt_device(fdt_of_boot, boot, &a, NULL);
	(void)fdt_device(made, acpi, &b, NULL);
	CHECK(t, a.nr_regs && b.nr_regs);
	CHECK_EQ(t, a.pa[0], b.pa[0]);
}

TEST(acpi, tree, .claim = "the tables describe the machine that the device tree describes",
     .rows = "S1-21")
{
	if (!make(t))
		return;
	same_cpus(t);
	same_memory(t);
	same_device(t, fdt_stdout(fdt_of_boot, NULL), fdt_stdout(made, NULL));
	if (irqchip)
		same_device(t, fdt_next_compatible(fdt_of_boot, -1, irqchip->compatible),
			    fdt_next_compatible(made, -1, irqchip->compatible));
	same_device(t, fdt_next_compatible(fdt_of_boot, -1, bridges),
		    fdt_next_compatible(made, -1, bridges));
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

	irqchip_phandle = 0; /* the trees have different phandles for controllers */
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
	static struct pci_root root NOINIT;
	struct why why = { 0 };
	struct pci_host host;

	if (!aml_running() || !pci_bridge()) {
		test_skip(t, "no namespace is in use, or no PCI bridge");
		return;
	}
	if (!make(t) ||
	    !CHECK_OK(t, pci_root_read(&root, 0, pci_bridge()->bus_first, &why), &why) ||
	    !CHECK_OK(t,
		      acpi_tree_add_pci(&acpi_machine()->tables, made, sizeof(made), &root, &why),
		      &why) ||
	    !CHECK_OK(t, fdt_check(made, sizeof(made), &why), &why))
		return;
	if (!CHECK_OK(t, pci_host_parse(made, fdt_next_compatible(made, -1, bridges), &host, &why),
		      &why))
		return;
	CHECK_EQ(t, host.ecam, pci_bridge()->ecam);
	same_window(t, &host.low, &pci_bridge()->low);
	same_window(t, &host.high, &pci_bridge()->high);
	same_wires(t, &host, pci_bridge());
}
