// SPDX-License-Identifier: BSD-2-Clause
/*
 * tests/host/fuzz/overlay.c - any bytes as an overlay of a small device tree: what is accepted adds
 * memory that can be memory, what is refused has a sentence; the tree and the blob do not change.
 */
#include <drivers/fdt/overlay.h>
#include <libfdt.h>
#include <mm/region.h>
#include <stdlib.h>
#include <string.h>

const struct irqchip *irqchip;
u32 irqchip_phandle;

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	(void)file, (void)line, (void)what, (void)a, (void)b;
	abort();
}

static u8 tree[4096] __attribute__((aligned(8))), before[4096];
static u32 tree_bytes;

static void memory_node(const char *name, u64 pa, u64 len)
{
	fdt64_t reg[2] = { cpu_to_fdt64(pa), cpu_to_fdt64(len) };

	fdt_begin_node(tree, name);
	fdt_property_string(tree, "device_type", "memory");
	fdt_property(tree, "reg", reg, sizeof(reg));
	fdt_end_node(tree);
}

/* With what overlays refer to: a label, a phandle, a path. */
static void make_tree(void)
{
	fdt_create(tree, sizeof(tree));
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	fdt_property_u32(tree, "#address-cells", 2);
	fdt_property_u32(tree, "#size-cells", 2);
	memory_node("memory@40000000", 0x40000000, GiB);
	fdt_begin_node(tree, "soc");
	fdt_property_u32(tree, "phandle", 1);
	fdt_property_u32(tree, "#address-cells", 1);
	fdt_property_u32(tree, "#size-cells", 1);
	fdt_end_node(tree);
	fdt_begin_node(tree, "__symbols__");
	fdt_property_string(tree, "soc", "/soc");
	fdt_end_node(tree);
	fdt_end_node(tree);
	if (fdt_finish(tree))
		abort();
	tree_bytes = fdt_totalsize(tree);
	memcpy(before, tree, tree_bytes);
}

static void ask(const void *blob, size_t size)
{
	struct overlay_memory m;
	struct why why = { 0 };

	if (fdt_overlay_memory(tree, blob, size, &m, &why)) {
		if (!why.text[0])
			abort();
	} else {
		if (!m.nr || m.nr > OVERLAY_RANGES)
			abort();
		for (unsigned i = 0; i < m.nr; i++)
			if (fdt_range_fault(m.range[i].pa, m.range[i].len) || m.range[i].node >= 8)
				abort();
	}
	if (memcmp(tree, before, tree_bytes))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *blob;

	if (!tree[0])
		make_tree();
	if (size > OVERLAY_BYTES + 8 || posix_memalign(&blob, 8, size ? size : 1))
		return 0;
	memcpy(blob, data, size);
	ask(blob, size);
	if (memcmp(blob, data, size))
		abort();
	free(blob);
	return 0;
}
