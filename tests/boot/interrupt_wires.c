/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The owner of an interrupt wire: a device's interrupt is used only if its nearest interrupt-parent
 * is the controller that serves these CPUs (devicetree specification 2.4).  On a machine with a
 * controller for each socket, a device of another socket may have the same number.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <lib/string.h>
#include <libfdt.h>
#include <tests/harness/test.h>

#define OTHER (irqchip_phandle + 1)
#define NO_PARENT 0u /* no interrupt-parent at this place */

static u8 tree[1024] __attribute__((aligned(8)));

static void add_parent(u32 parent)
{
	if (parent != NO_PARENT)
		fdt_property_u32(tree, "interrupt-parent", parent);
}

static fdt32_t words[3];

static void cells(u32 a, u32 b, u32 c)
{
	words[0] = cpu_to_fdt32(a);
	words[1] = cpu_to_fdt32(b);
	words[2] = cpu_to_fdt32(c);
}

/* /bus/device@1000, and the interrupt-parent of it and of the nodes above it. */
static int make_tree(u32 root, u32 bus, u32 device)
{
	fdt_create(tree, sizeof(tree));
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	add_parent(root);
	fdt_begin_node(tree, "bus");
	fdt_property(tree, "ranges", "", 0);
	add_parent(bus);
	fdt_begin_node(tree, "device@1000");
	cells(0, 0x1000, 0x100);
	fdt_property(tree, "reg", words, sizeof(words));
	cells(1, 2, 4); /* valid for each of the controllers */
	fdt_property(tree, "interrupts", words, sizeof(words));
	fdt_property_u32(tree, "phandle", OTHER + 1);
	add_parent(device);
	for (unsigned i = 0; i < 3; i++)
		fdt_end_node(tree);
	return fdt_finish(tree) || fdt_check(tree, sizeof(tree), NULL)
		       ? -1
		       : fdt_find(tree, "/bus/device@1000", 16);
}

TEST(boot, wires, .claim = "an interrupt of another controller is not taken for one of ours",
     .rows = "S1-22")
{
	const struct {
		u32 root, bus, device;
		bool ours;
	} trees[] = {
		{ NO_PARENT, NO_PARENT, NO_PARENT, true },
		{ irqchip_phandle, NO_PARENT, NO_PARENT, true },
		{ OTHER, NO_PARENT, NO_PARENT, false },
		{ OTHER, irqchip_phandle, NO_PARENT, true },
		{ irqchip_phandle, OTHER, NO_PARENT, false },
		{ irqchip_phandle, OTHER, irqchip_phandle, true },
		{ irqchip_phandle, NO_PARENT, OTHER, false },
	};

	if (!irqchip || !irqchip->decode || !irqchip_phandle) {
		test_skip(t, "no interrupt controller with a phandle");
		return;
	}
	for (unsigned i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		int node = make_tree(trees[i].root, trees[i].bus, trees[i].device);
		u32 flags, number = irqchip->decode(words, 3, &flags);
		struct device d;

		CHECK(t, node >= 0 && fdt_by_phandle(tree, OTHER + 1) == node);
		if (CHECK_EQ(t, fdt_device(tree, node, &d, NULL), 0))
			CHECK_EQ(t, d.irq, trees[i].ours ? number : ~0u);
	}
	CHECK_EQ(t, fdt_by_phandle(tree, OTHER + 2), -1);
	CHECK_EQ(t, fdt_by_phandle(tree, 0), -1);
}

/* ---- interrupts-extended, and a cascaded controller ---- */

static struct {
	unsigned on, off;
	u32 number;
} cascaded;

static u32 decode_cascaded(const void *cells, int nr, u32 *flags)
{
	const fdt32_t *p = cells;

	*flags = 4;
	return nr >= 2 ? fdt32_ld(p) * 32 + fdt32_ld(p + 1) : ~0u;
}

static void enable_cascaded(u32 irq, u32 flags, unsigned cpu)
{
	(void)flags, (void)cpu;
	cascaded.on++;
	cascaded.number = irq;
}

static void disable_cascaded(u32 irq)
{
	cascaded.off += irq == cascaded.number;
}

static u32 nothing_pending(void)
{
	return ~0u;
}

static const struct irqchip cascaded_chip = {
	.name = "behind",
	.enable = enable_cascaded,
	.disable = disable_cascaded,
	.decode = decode_cascaded,
	.pending = nothing_pending,
};

static void controller(const char *name, u32 phandle, u32 cells_nr)
{
	fdt_begin_node(tree, name);
	fdt_property_u32(tree, "phandle", phandle);
	fdt_property_u32(tree, "#interrupt-cells", cells_nr);
	fdt_end_node(tree);
}

/* A device with two interrupts: (1, 5) of the cascaded controller, and (1, 2, 4) of the main
 * one.  Its "interrupts" has the second alone: "interrupts-extended" takes precedence (Devicetree
 * Specification v0.4, 2.4.1.3). */
static int make_extended(unsigned words_nr)
{
	const fdt32_t both[] = { cpu_to_fdt32(OTHER),
				 cpu_to_fdt32(1),
				 cpu_to_fdt32(5),
				 cpu_to_fdt32(irqchip_phandle),
				 words[0],
				 words[1],
				 words[2] };

	fdt_create(tree, sizeof(tree));
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	controller("behind", OTHER, 2);
	controller("own", irqchip_phandle, 3);
	fdt_begin_node(tree, "device");
	fdt_property_u32(tree, "interrupt-parent", irqchip_phandle);
	fdt_property(tree, "interrupts", words, sizeof(words));
	fdt_property(tree, "interrupts-extended", both, (int)(words_nr * sizeof(*both)));
	fdt_end_node(tree);
	fdt_end_node(tree);
	return fdt_finish(tree) || fdt_check(tree, sizeof(tree), NULL)
		       ? -1
		       : fdt_find(tree, "/device", 7);
}

static void wires_count(void *arg)
{
	++*(unsigned *)arg;
}

static void check_extended(struct test_run *t, u32 child)
{
	u32 flags, own = irqchip->decode(words, 3, &flags);
	int node = make_extended(7);

	CHECK_EQ(t, fdt_interrupt(tree, node, 0, &flags), IRQ_OF_CHILD(child, 37));
	CHECK_EQ(t, fdt_interrupt(tree, node, 1, &flags), own);
	CHECK_EQ(t, fdt_interrupt(tree, node, 2, &flags), ~0u);
	node = make_extended(6); /* its last word is missing */
	CHECK_EQ(t, fdt_interrupt(tree, node, 1, &flags), ~0u);
}

static void check_request(struct test_run *t, u32 irq)
{
	unsigned seen = 0;

	memset(&cascaded, 0, sizeof(cascaded));
	CHECK_EQ(t, irq_request(irq, 4, "test", wires_count, &seen), 0);
	CHECK(t, cascaded.on == 1 && cascaded.number == IRQ_OWN_NUMBER(irq));
	irq_dispatch(irq);
	CHECK_EQ(t, seen, 1);
	irq_release(irq);
	CHECK_EQ(t, cascaded.off, 1);
	CHECK_EQ(t, irq_request(IRQ_OF_CHILD(irq_children_nr, 0), 4, "test", wires_count, &seen),
		 -ENODEV);
}

TEST(boot, wires_behind,
     .claim = "the controller that a node names gets its interrupt, also if it is cascaded",
     .rows = "S1-22")
{
	u32 child = irq_children_nr;

	if (!irqchip || !irqchip_phandle || child == IRQ_CHILDREN_MAX) {
		test_skip(t, "no interrupt controller with a phandle");
		return;
	}
	cells(1, 2, 4);
	irq_children[irq_children_nr++] = (struct irq_child) { &cascaded_chip, OTHER };
	check_extended(t, child);
	check_request(t, IRQ_OF_CHILD(child, 37));
	irq_children_nr--;
}
