/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/acpi/pci_root.c - reads the PCI host bridge from AML; see pci_root.h. */
#include <drivers/acpi/acpi_machine.h>
#include <drivers/acpi/aml.h>
#include <drivers/acpi/pci_root.h>
#include <drivers/acpi/tree_write.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <lib/init.h>
#include <lib/string.h>
#include <libfdt.h>

/* Bits of the words of _OSC (PCI Firmware Specification 3.3, 4.5). */
#define OSC_HOTPLUG 1u
#define OSC_CAPABILITY 0x10u
#define OSC_SUPPORT 0x19u /* extended configuration space, segments, MSI: what this OS supports */

/* Segment and first bus of the bridge to find, and its handle; NULL: not found. */
struct root_search {
	u32 segment, bus;
	acpi_handle found;
};

/* _SEG and _BBN are optional; without them segment and bus are 0. */
static u64 number(acpi_handle h, const char *name)
{
	u64 value = 0;

	aml_call(h, name, NULL, 0, &value, NULL);
	return value;
}

/* Callback of aml_each(): find the first bridge with this segment and bus. */
static void bridge(acpi_handle h, void *arg)
{
	struct root_search *s = arg;

	if (!s->found && number(h, "_SEG") == s->segment && number(h, "_BBN") == s->bus)
		s->found = h;
}

/* Callback of aml_resources(): collect the memory windows that the bridge forwards (producer).  A
 * malformed window, or one that exceeds the array, is skipped: no device gets an address in it. */
static void window(const struct acpi_resource *res, void *arg)
{
	struct acpi_resource_address64 a;
	struct pci_root *r = arg;
	u64 len;

	if (ACPI_FAILURE(acpi_resource_to_address64((struct acpi_resource *)res, &a)) ||
	    a.resource_type != ACPI_MEMORY_RANGE || a.producer_consumer != ACPI_PRODUCER)
		return;
	len = a.address.maximum - a.address.minimum + 1;
	if (a.address.maximum < a.address.minimum || !len || r->nr_windows == PCI_ROOT_WINDOWS)
		return;
	r->window[r->nr_windows].bus = a.address.minimum;
	r->window[r->nr_windows].pa = a.address.minimum + a.address.translation_offset;
	r->window[r->nr_windows++].len = len;
}

/* One interrupt: its GSI, and the trigger as in the device tree. */
struct wire {
	u32 gsi, trigger;
};

/* Callback of aml_resources() for a link device: its first interrupt. */
static void prt_interrupt(const struct acpi_resource *res, void *arg)
{
	const struct acpi_resource_extended_irq *x = &res->data.extended_irq;
	struct wire *w = arg;
	bool level = x->triggering == ACPI_LEVEL_SENSITIVE;

	if (res->type != ACPI_RESOURCE_TYPE_EXTENDED_IRQ || !x->interrupt_count)
		return;
	w->gsi = x->interrupts[0];
	w->trigger = !level                           ? TRIGGER_EDGE_RISING
		     : x->polarity == ACPI_ACTIVE_LOW ? TRIGGER_LEVEL_LOW
						      : TRIGGER_LEVEL_HIGH;
}

/* The GSI of an entry of _PRT (ACPI 6.5, 6.2.13): the interrupt of its link device, or without one
 * the source index, which is level-triggered and active high, as a GIC receives PCI's INTx.  False:
 * the link device has no interrupt. */
static bool wire_of(acpi_handle h, const struct acpi_pci_routing_table *e, struct wire *w)
{
	acpi_handle link;

	*w = (struct wire) { e->source_index, TRIGGER_LEVEL_HIGH };
	if (!e->source[0])
		return true;
	w->gsi = 0;
	return ACPI_SUCCESS(acpi_get_handle(h, (acpi_string)e->source, &link)) &&
	       !aml_resources(link, prt_interrupt, w, NULL) && w->gsi;
}

/* Collect the INTx wires of _PRT; entries for a pin or slot that cannot exist are skipped. */
static void read_prt(acpi_handle h, struct pci_root *r)
{
	struct acpi_buffer list = { ACPI_ALLOCATE_BUFFER, NULL };
	const struct acpi_pci_routing_table *e;
	struct wire w;

	osl_begin();
	if (ACPI_FAILURE(acpi_get_irq_routing_table(h, &list)))
		return; /* no _PRT: no wires */
	for (e = list.pointer; e->length && r->nr_wires < PCI_ROOT_WIRES;
	     e = (const void *)((const u8 *)e + e->length)) {
		if (e->pin > 3 || e->address >> 16 > 31 || !wire_of(h, e, &w))
			continue;
		r->wire[r->nr_wires].slot = (u32)(e->address >> 16);
		r->wire[r->nr_wires].pin = e->pin + 1;
		r->wire[r->nr_wires].gsi = w.gsi;
		r->wire[r->nr_wires++].trigger = w.trigger;
	}
	ACPI_FREE(list.pointer);
}

/* Callback of aml_buffer_with(): the third word that _OSC returns has the controls that firmware
 * granted. */
static void osc_granted(const u8 *answer, u64 len, void *arg)
{
	*(bool *)arg = len >= 12 && table_u32(answer + 8) & OSC_HOTPLUG;
}

/* Request control of native hot plug from firmware (_OSC).  Without _OSC, firmware does not use the
 * slots. */
static bool osc_grants_hotplug(acpi_handle h)
{
	static u8 uuid[] = { 0x5b, 0x4d, 0xdb, 0x33, 0xf7, 0x1f, 0x1c, 0x40,
			     0x96, 0x57, 0x74, 0x41, 0xc0, 0x3d, 0xd7, 0x66 };
	u32 words[] = { 0, OSC_SUPPORT, OSC_HOTPLUG | OSC_CAPABILITY };
	union acpi_object args[] = {
		{ .buffer = { ACPI_TYPE_BUFFER, sizeof(uuid), uuid } },
		{ .integer = { ACPI_TYPE_INTEGER, 1 } },
		{ .integer = { ACPI_TYPE_INTEGER, ARRAY_SIZE(words) } },
		{ .buffer = { ACPI_TYPE_BUFFER, sizeof(words), (u8 *)words } },
	};
	bool ours = true;

	aml_buffer_with(h, "_OSC", args, ARRAY_SIZE(args), osc_granted, &ours, NULL);
	return ours;
}

/* Search for PCI Express bridges (PNP0A08) first; some firmware has only the older PNP0A03. */
int pci_root_read(struct pci_root *r, u32 segment, u32 bus, struct why *why)
{
	struct root_search s = { segment, bus, NULL };
	int err;

	memset(r, 0, sizeof(*r));
	aml_each("PNP0A08", bridge, &s);
	if (!s.found)
		aml_each("PNP0A03", bridge, &s);
	if (!s.found)
		return refuse(why, ENOENT, "acpi: no PCI host bridge in AML for segment %u bus %u",
			      segment, bus);
	err = aml_resources(s.found, window, r, why);
	if (err)
		return err == -ENOENT ? refuse(why, ENOENT, "acpi: the PCI host bridge has no _CRS")
				      : err;
	read_prt(s.found, r);
	r->slots_refused = !osc_grants_hotplug(s.found);
	return 0;
}

/* Start AML and write the windows and wires of the bridge into the tree.  Errors of the steps. */
static int add_root_from_aml(const void *fdt, int node, void (*log)(const char *), struct why *why)
{
	static struct pci_root root NOINIT;
	int err = acpi_machine_find(fdt, why);

	if (!err)
		err = aml_start(acpi_machine()->root, log, why);
	if (!err)
		err = pci_root_read(&root, fdt_u32(fdt, node, "linux,pci-domain", 0),
				    fdt_u32(fdt, node, "bus-range", 0), why);
	if (!err && root.slots_refused)
		log("acpi: firmware does not grant control of the PCIe slots (_OSC)");
	return err ? err
		   : acpi_tree_add_pci(&acpi_machine()->tables, acpi_tree_buffer(), ACPI_TREE_BYTES,
				       &root, why);
}

/* A tree that has windows was completed by an earlier call. */
bool pci_root_complete(const void *fdt, void (*log)(const char *))
{
	static const char *const bridges[] = { "pci-host-ecam-generic", NULL };
	int node = acpi_tree_is(fdt) ? fdt_next_compatible(fdt, -1, bridges) : -1;
	struct why why = { 0 };

	if (node < 0 || fdt_prop(fdt, node, "ranges", NULL))
		return false;
	if (!add_root_from_aml(fdt, node, log, &why))
		return true;
	log(why.text);
	return false;
}
