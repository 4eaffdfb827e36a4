/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/overlay.c - any bytes as an overlay of a small device tree; boot_cpuid_phys of
 * the header, otherwise unused, selects whether it is applied before or after a valid overlay.  An
 * accepted overlay adds memory at valid addresses, a refused one has a sentence; the upper one can
 * be removed; the tree and the blobs do not change.
 */
#include "aborts.h"
#include <drivers/fdt/overlay.h>
#include <libfdt.h>
#include <mm/page/region.h>
#include <stdlib.h>
#include <string.h>

const struct irqchip *irqchip;
u32 irqchip_phandle;
struct irq_child irq_children[IRQ_CHILDREN_MAX];
unsigned irq_children_nr;

static u8 tree[4096] __attribute__((aligned(8))), before[4096];
static u8 sound[4096] __attribute__((aligned(8)));
static u32 tree_bytes;

static void memory_node(void *fdt, const char *name, u64 pa, u64 len)
{
	fdt64_t reg[2] = { cpu_to_fdt64(pa), cpu_to_fdt64(len) };

	fdt_begin_node(fdt, name);
	fdt_property_string(fdt, "device_type", "memory");
	fdt_property(fdt, "reg", reg, sizeof(reg));
	fdt_end_node(fdt);
}

/* A tree with nodes that overlays reference by a label, a phandle, a path. */
static void make_tree(void)
{
	fdt_create(tree, sizeof(tree));
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	fdt_property_u32(tree, "#address-cells", 2);
	fdt_property_u32(tree, "#size-cells", 2);
	memory_node(tree, "memory@40000000", 0x40000000, GiB);
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

/* A valid overlay: it adds memory and a node that can be referenced by path and label, and itself
 * references a label. */
static void make_sound(void)
{
	fdt_create(sound, sizeof(sound));
	fdt_finish_reservemap(sound);
	fdt_begin_node(sound, "");
	fdt_begin_node(sound, "fragment@0");
	fdt_property_string(sound, "target-path", "/");
	fdt_begin_node(sound, "__overlay__");
	memory_node(sound, "dimm@80000000", 2ul * GiB, GiB);
	fdt_begin_node(sound, "rack");
	fdt_property_u32(sound, "phandle", 1);
	for (unsigned i = 0; i < 3; i++)
		fdt_end_node(sound);
	fdt_begin_node(sound, "fragment@1");
	fdt_property_u32(sound, "target", ~0u);
	fdt_begin_node(sound, "__overlay__");
	fdt_property_string(sound, "note", "here");
	fdt_end_node(sound);
	fdt_end_node(sound);
	fdt_begin_node(sound, "__symbols__");
	fdt_property_string(sound, "rack", "/fragment@0/__overlay__/rack");
	fdt_end_node(sound);
	fdt_begin_node(sound, "__fixups__");
	fdt_property_string(sound, "soc", "/fragment@1:target:0");
	fdt_end_node(sound);
	fdt_end_node(sound);
	if (fdt_finish(sound))
		abort();
}

static bool accepted(const struct overlay_layer *const *below, unsigned nr, struct overlay_layer *l)
{
	const struct overlay_memory *m = &l->memory;
	struct why why = { 0 };

	if (fdt_overlay_memory(tree, below, nr, l, &why)) {
		if (!why.text[0])
			abort();
		return false;
	}
	if (!m->nr || m->nr > OVERLAY_RANGES)
		abort();
	for (unsigned i = 0; i < m->nr; i++)
		if (fdt_range_fault(m->range[i].pa, m->range[i].len) || m->range[i].node >= 8)
			abort();
	return true;
}

static void two(const struct overlay_layer *below, struct overlay_layer *top)
{
	const struct overlay_layer *const layers[] = { below, top };

	if (!accepted(layers, 1, top))
		return;
	if (fdt_overlay_refers(tree, layers, 2, 1) != -1)
		abort();
	if (fdt_overlay_refers(tree, layers, 2, 0) == 0)
		abort();
}

static void ask(const void *blob, size_t size)
{
	static struct overlay_layer other;
	struct overlay_layer l = { .blob = blob, .size = size };

	if (!other.memory.nr) {
		make_sound();
		other = (struct overlay_layer) { .blob = sound, .size = fdt_totalsize(sound) };
		if (!accepted(NULL, 0, &other))
			abort();
	}
	if (size >= FDT_V17_SIZE && fdt_boot_cpuid_phys(blob) & 1) {
		two(&other, &l);
	} else if (accepted(NULL, 0, &l)) {
		struct overlay_layer top = other;

		two(&l, &top);
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
