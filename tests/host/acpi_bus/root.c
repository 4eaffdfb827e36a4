/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_bus/root.c - drivers/acpi/pci_root.c: the search for the bridge, its windows, the
 * wires of _PRT and the request for control of the slots.
 */
#include "bus.h"
#include <drivers/acpi/acpi_machine.h>
#include <drivers/acpi/pci_root.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <stdlib.h>

static struct pci_root root;
static struct why why;
static u8 prt[32 * 300];
static u32 prt_bytes;
static unsigned budgets;

/* ---- functions that the file calls ---- */
void osl_begin(void)
{
	budgets++;
}

acpi_status acpi_get_irq_routing_table(acpi_handle h, struct acpi_buffer *out)
{
	WANT(out->length == ACPI_ALLOCATE_BUFFER);
	if (!prt_bytes)
		return AE_NOT_FOUND;
	out->pointer = acpi_os_allocate(prt_bytes);
	memcpy(out->pointer, prt, prt_bytes);
	return AE_OK;
}

/* The path is const in newer versions of ACPICA only; this program is built with each version that
 * tools/third accepts.
 */
typedef __typeof__(_Generic(&acpi_get_handle,
			    acpi_status (*)(acpi_handle, acpi_string, acpi_handle *)
			    : (acpi_string)0, default
			    : (const char *)0)) bus_path;

acpi_status acpi_get_handle(acpi_handle h, bus_path path, acpi_handle *out)
{
	for (unsigned i = 0; i < bus_nr; i++)
		if (!strcmp(bus[i].hid, path)) {
			*out = &bus[i];
			return AE_OK;
		}
	return AE_NOT_FOUND;
}

static struct {
	bool ours, bridge, windows, no_machine, no_aml;
	u32 segment, first;
	unsigned added;
} tree;
static struct acpi_machine machine = { .root = 0x7000 };

bool acpi_tree_is(const void *fdt)
{
	return tree.ours;
}

int fdt_next_compatible(const void *fdt, int after, const char *const *names)
{
	WANT(after == -1 && !strcmp(names[0], "pci-host-ecam-generic"));
	return tree.bridge ? 0 : -1; /* 0, the first node, is a node as well */
}

const void *fdt_prop(const void *fdt, int node, const char *name, int *len)
{
	WANT(!node && !strcmp(name, "ranges"));
	return tree.windows ? &tree : NULL;
}

u32 fdt_u32(const void *fdt, int node, const char *name, u32 dflt)
{
	WANT(!dflt);
	return !strcmp(name, "linux,pci-domain") ? tree.segment
	       : !strcmp(name, "bus-range")      ? tree.first
						 : 99;
}

int acpi_machine_find(const void *fdt, struct why *out)
{
	return tree.no_machine ? refuse(out, ENODEV, "no tables") : 0;
}

const struct acpi_machine *acpi_machine(void)
{
	return &machine;
}

int aml_start(paddr_t at, void (*log)(const char *sentence), struct why *out)
{
	WANT(at == 0x7000);
	return tree.no_aml ? refuse(out, EIO, "no AML") : 0;
}

void *acpi_tree_buffer(void)
{
	return &tree;
}

int acpi_tree_add_pci(const struct tables *t, void *fdt, u64 size, const struct pci_root *r,
		      struct why *out)
{
	WANT(t == &machine.tables && fdt == &tree && size == ACPI_TREE_BYTES);
	tree.added = r->nr_windows;
	return 0;
}

/* ---- parts of a bridge ---- */
static int read_root(u32 segment, u32 first)
{
	memset(&root, 0xee, sizeof(root));
	why = (struct why) { 0 };
	return pci_root_read(&root, segment, first, &why);
}

static void begin(void)
{
	bus_begin();
	prt_bytes = 0;
	bus_add("PNP0A08");
}

static struct acpi_resource_address64 *range(u64 first, u64 last)
{
	struct acpi_resource *r = bus_resource(&bus[0], ACPI_RESOURCE_TYPE_ADDRESS64);

	r->data.address64.resource_type = ACPI_MEMORY_RANGE;
	r->data.address64.producer_consumer = ACPI_PRODUCER;
	r->data.address64.address.minimum = first;
	r->data.address64.address.maximum = last;
	return &r->data.address64;
}

/* ---- cases ---- */
static void which(void)
{
	bus_begin();
	WANT(read_root(0, 0) == -ENOENT);
	WANT_TEXT(why.text, "acpi: no PCI host bridge in AML for segment 0 bus 0");
	bus_add("PNP0A03");
	bus_add("PNP0A08")->seg = 2;
	bus_add("PNP0A08")->bbn = 0x40;
	bus_add("PNP0A08")->bbn = 0x40;
	for (unsigned i = 0; i < 4; i++) {
		struct acpi_resource *r = bus_resource(&bus[i], ACPI_RESOURCE_TYPE_ADDRESS64);

		r->data.address64.resource_type = ACPI_MEMORY_RANGE;
		r->data.address64.address.minimum = 0x1000 * i;
		r->data.address64.address.maximum = 0x1000 * i + 0xfff;
	}
	WANT(read_root(0, 0) == 0 && root.window[0].bus == 0); /* the older name */
	WANT(read_root(2, 0) == 0 && root.window[0].bus == 0x1000);
	WANT(read_root(0, 0x40) == 0 && root.window[0].bus == 0x2000); /* the first of two */
	WANT(read_root(2, 0x40) == -ENOENT && read_root(1, 0) == -ENOENT);
	bus[0].hid = "PNP0A08"; /* this name is searched first */
	bus_add("PNP0A03");
	WANT(read_root(0, 0) == 0 && root.nr_windows == 1);
}

static void windows(void)
{
	begin();
	WANT(read_root(0, 0) == 0 && !root.nr_windows && !root.nr_wires);
	range(0x10000000, 0x1fffffff);
	range(0x20000000, 0x2fffffff)->address.translation_offset = 0x100000000;
	range(0x5000, 0x4fff); /* empty */
	range(0x5000, 0x4ffe);
	range(0, ~0ul);
	range(0x30000000, 0x30000fff)->producer_consumer = ACPI_CONSUMER;
	range(0x30000000, 0x30000fff)->resource_type = ACPI_IO_RANGE;
	bus_resource(&bus[0], ACPI_RESOURCE_TYPE_IRQ);
	range(0x6000, 0x6000);
	WANT(read_root(0, 0) == 0 && root.nr_windows == 3);
	WANT(root.window[0].bus == 0x10000000 && root.window[0].pa == 0x10000000);
	WANT(root.window[0].len == 0x10000000);
	WANT(root.window[1].bus == 0x20000000 && root.window[1].pa == 0x120000000);
	WANT(root.window[2].bus == 0x6000 && root.window[2].len == 1);
	begin();
	for (unsigned i = 0; i < PCI_ROOT_WINDOWS + 2; i++) {
		range(i * 0x1000, i * 0x1000 + 0xfff);
		WANT(read_root(0, 0) == 0);
		WANT(root.nr_windows == (i < PCI_ROOT_WINDOWS ? i + 1 : PCI_ROOT_WINDOWS));
	}
	bus[0].crs_code = -ENOENT;
	WANT(read_root(0, 0) == -ENOENT);
	WANT_TEXT(why.text, "acpi: the PCI host bridge has no _CRS");
	bus[0].crs_code = -EIO;
	WANT(read_root(0, 0) == -EIO);
	WANT_TEXT(why.text, "_CRS fails");
}

static void entry(u64 address, u32 pin, u32 index, const char *link)
{
	struct acpi_pci_routing_table *e = (void *)(prt + prt_bytes);

	memset(e, 0, 40);
	e->length = 32;
	e->address = address;
	e->pin = pin;
	e->source_index = index;
	strcpy(e->source, link);
	prt_bytes += 32;
}

static void entries_end(void)
{
	memset(prt + prt_bytes, 0, 32); /* of length 0 */
	prt_bytes += 32;
}

static void link_device(const char *name, u32 gsi, u8 triggering, u8 polarity)
{
	struct bus_device *d = bus_add(name);
	struct acpi_resource *r;

	bus_resource(d, ACPI_RESOURCE_TYPE_IRQ);
	bus_resource(d, ACPI_RESOURCE_TYPE_EXTENDED_IRQ); /* without a number */
	r = bus_resource(d, ACPI_RESOURCE_TYPE_EXTENDED_IRQ);
	r->data.extended_irq.interrupt_count = 1;
	r->data.extended_irq.triggering = triggering;
	r->data.extended_irq.polarity = polarity;
	r->data.extended_irq.interrupts[0] = gsi;
}

static bool wire_is(unsigned n, u32 slot, u32 pin, u32 gsi, u32 trigger)
{
	return root.wire[n].slot == slot && root.wire[n].pin == pin && root.wire[n].gsi == gsi &&
	       root.wire[n].trigger == trigger;
}

/* Triggers as in the device tree: 1 edge, 4 high, 8 low. */
static void wires(void)
{
	begin();
	link_device("LNKA", 40, ACPI_LEVEL_SENSITIVE, ACPI_ACTIVE_LOW);
	link_device("LNKB", 41, ACPI_LEVEL_SENSITIVE, ACPI_ACTIVE_HIGH);
	link_device("LNKC", 42, ACPI_EDGE_SENSITIVE, ACPI_ACTIVE_LOW);
	bus_add("LNKD"); /* has no interrupt */
	link_device("LNKE", 43, ACPI_LEVEL_SENSITIVE, ACPI_ACTIVE_HIGH);
	bus[5].crs_code = -EIO;
	entry(0x0001ffff, 0, 0, "LNKA");
	entry(0x001fffff, 3, 0, "LNKB");
	entry(0x0002ffff, 1, 0, "LNKC");
	entry(0x0003ffff, 1, 99, "LNKD"); /* index in the link device, not an interrupt number */
	entry(0x0003ffff, 1, 0, "LNKE");
	entry(0x0003ffff, 1, 0, "NONE");
	entry(0x0004ffff, 4, 77, ""); /* no such pin */
	entry(0x0020ffff, 0, 77, ""); /* no such slot */
	entry(0x0005ffff, 2, 35, "");
	entries_end();
	budgets = blocks = 0;
	WANT(read_root(0, 0) == 0 && root.nr_wires == 4 && budgets == 1 && !blocks);
	WANT(wire_is(0, 1, 1, 40, 8) && wire_is(1, 31, 4, 41, 4) && wire_is(2, 2, 2, 42, 1));
	WANT(wire_is(3, 5, 3, 35, 4));
	for (unsigned nr = PCI_ROOT_WIRES - 1; nr <= PCI_ROOT_WIRES + 1; nr++) {
		unsigned wanted = nr < PCI_ROOT_WIRES ? nr : PCI_ROOT_WIRES;

		prt_bytes = 0;
		for (unsigned i = 0; i < nr; i++)
			entry(0x1ffff, 0, i + 1, "");
		entries_end();
		WANT(read_root(0, 0) == 0 && root.nr_wires == wanted);
		WANT(root.wire[wanted - 1].gsi == wanted);
	}
}

static void slots(void)
{
	static const struct {
		u8 third, bytes;
		bool refused;
	} rows[] = {
		{ 1, 12, false }, { 0x11, 12, false }, { 0x10, 12, true },
		{ 1, 11, true },  { 1, 8, true },      { 1, 16, false },
	};

	begin();
	WANT(read_root(0, 0) == 0 && !root.slots_refused && osc_calls == 1); /* no _OSC */
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		granted[8] = rows[i].third;
		granted_bytes = rows[i].bytes;
		WANT(read_root(0, 0) == 0 && root.slots_refused == rows[i].refused);
	}
}

/* ---- into the tree ---- */
static void log_line(const char *sentence)
{
	strcat(strcat(said, sentence), "|");
}

static void completes(void)
{
	begin();
	range(0x10000000, 0x1fffffff);
	bus[0].seg = 3;
	bus[0].bbn = 7;
	tree.segment = 3;
	tree.first = 7;
	WANT(!pci_root_complete(&tree, log_line) && !tree.added && is_said(""));
	tree.ours = true;
	WANT(!pci_root_complete(&tree, log_line) && !tree.added && is_said(""));
	tree.bridge = true;
	WANT(pci_root_complete(&tree, log_line) && tree.added == 1 && is_said(""));
	tree.added = 0;
	tree.windows = true;
	WANT(!pci_root_complete(&tree, log_line) && !tree.added && is_said(""));
	tree.windows = false;
	granted_bytes = 12;
	granted[8] = 0;
	WANT(pci_root_complete(&tree, log_line) && tree.added == 1);
	WANT(is_said("acpi: firmware does not grant control of the PCIe slots (_OSC)|"));
	tree.added = 0;
	tree.no_aml = true;
	WANT(!pci_root_complete(&tree, log_line) && is_said("no AML|"));
	tree.no_machine = true;
	WANT(!pci_root_complete(&tree, log_line) && is_said("no tables|") && !tree.added);
	tree.no_machine = tree.no_aml = false;
	tree.first = 8;
	WANT(!pci_root_complete(&tree, log_line) && !tree.added);
	WANT(is_said("acpi: no PCI host bridge in AML for segment 3 bus 8|"));
}

void root_tests(void)
{
	which();
	windows();
	wires();
	slots();
	completes();
}
