// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whose wire is it: a device's interrupt counts where its nearest interrupt-parent is the
 * controller that serves us (devicetree specification 2.4).  With one a socket others may say the
 * same number.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <libfdt.h>
#include <tests/test.h>

#define OTHER (irqchip_phandle + 1)
#define NOBODY 0u /* no interrupt-parent at this place */

static u8 tree[1024] __attribute__((aligned(8)));

static void says(u32 parent)
{
	if (parent != NOBODY)
		fdt_property_u32(tree, "interrupt-parent", parent);
}

static fdt32_t words[3];

static void cells(u32 a, u32 b, u32 c)
{
	words[0] = cpu_to_fdt32(a);
	words[1] = cpu_to_fdt32(b);
	words[2] = cpu_to_fdt32(c);
}

/* /bus/device@1000, and who it and those above it say that its wire goes to. */
static int make(u32 root, u32 bus, u32 device)
{
	fdt_create(tree, sizeof(tree));
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	says(root);
	fdt_begin_node(tree, "bus");
	fdt_property(tree, "ranges", "", 0);
	says(bus);
	fdt_begin_node(tree, "device@1000");
	cells(0, 0x1000, 0x100);
	fdt_property(tree, "reg", words, sizeof(words));
	cells(1, 2, 4); /* means something to each of the controllers */
	fdt_property(tree, "interrupts", words, sizeof(words));
	fdt_property_u32(tree, "phandle", OTHER + 1);
	says(device);
	for (unsigned i = 0; i < 3; i++)
		fdt_end_node(tree);
	return fdt_finish(tree) || fdt_check(tree, sizeof(tree), NULL)
		       ? -1
		       : fdt_find(tree, "/bus/device@1000", 16);
}

TEST(boot, wires, .claim = "an interrupt that goes to another controller is not taken for ours",
     .rows = "S1-22")
{
	const struct {
		u32 root, bus, device;
		bool ours;
	} trees[] = {
		{ NOBODY, NOBODY, NOBODY, true },
		{ irqchip_phandle, NOBODY, NOBODY, true },
		{ OTHER, NOBODY, NOBODY, false },
		{ OTHER, irqchip_phandle, NOBODY, true },
		{ irqchip_phandle, OTHER, NOBODY, false },
		{ irqchip_phandle, OTHER, irqchip_phandle, true },
		{ irqchip_phandle, NOBODY, OTHER, false },
	};

	if (!irqchip || !irqchip->decode || !irqchip_phandle) {
		test_skip(t, "no interrupt controller with a phandle");
		return;
	}
	for (unsigned i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		int node = make(trees[i].root, trees[i].bus, trees[i].device);
		u32 flags, number = irqchip->decode(words, 3, &flags);
		struct device d;

		CHECK(t, node >= 0 && fdt_by_phandle(tree, OTHER + 1) == node);
		if (CHECK_EQ(t, fdt_device(tree, node, &d, NULL), 0))
			CHECK_EQ(t, d.irq, trees[i].ours ? number : ~0u);
	}
	CHECK_EQ(t, fdt_by_phandle(tree, OTHER + 2), -1);
	CHECK_EQ(t, fdt_by_phandle(tree, 0), -1);
}
