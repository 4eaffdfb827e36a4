/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/acpi_tree.c - any bytes as memory with ACPI tables, an RSDP first: the device
 * tree that is built from them is valid and answers every query of boot, or is refused with a
 * sentence.  The first byte selects whether checksums are corrected; the last ones are AML's data
 * of the PCI bus.
 */
#include "aborts.h"
#include "acpi_memory.h"
#include <drivers/acpi/spcr.h>
#include <drivers/acpi/tree.h>
#include <drivers/fdt/fdt.h>
#include <drivers/pci/host_bridge.h>
#include <libfdt.h>
#include <mm/page/region.h>

const struct irqchip *irqchip;
u32 irqchip_phandle;
struct irq_child irq_children[IRQ_CHILDREN_MAX];
unsigned irq_children_nr;

static void tell(u64 hwid, const char *isa, size_t len, u32 cache_block)
{
	(void)hwid;
	if (!len || isa[len - 1] || cache_block > 65536)
		abort();
}

/* The first node of a device that boot would map. */
static void ask_device(const void *fdt, int node)
{
	struct device d;

	if (node < 0)
		return;
	if (fdt_device(fdt, node, &d, NULL) || !d.len[0] || d.pa[0] + d.len[0] < d.pa[0])
		abort();
}

static void ask(const void *fdt)
{
	static const char *const controllers[] = { "arm,gic-v3", "riscv,imsics", NULL };
	const struct mem_range image = { 0x40200000, 0x200000, MEM_IMAGE, 0 };
	struct fdt_cpu cpus[8];
	struct why why = { 0 };

	if (fdt_check(fdt, ACPI_TREE_BYTES, &why) || !acpi_tree_is(fdt) || !fdt_model(fdt)[0])
		abort();
	(void)fdt_cpus(fdt, cpus, 8);
	fdt_cpu_extensions(fdt, tell);
	ask_device(fdt, fdt_stdout(fdt, NULL));
	(void)fdt_next_compatible(fdt, -1, controllers);
	region_reset();
	(void)fdt_memory(fdt, &image, 1, log_line, &why);
}

static void take(void *to, u64 bytes, const u8 *data, size_t size)
{
	memcpy(to, data + (size > bytes ? size - bytes : 0), size < bytes ? size : bytes);
}

static void ask_pci(const struct tables *t, void *fdt, const u8 *data, size_t size)
{
	static const char *const bridges[] = { "pci-host-ecam-generic", NULL };
	static struct pci_root root;
	struct why why = { 0 };
	struct pci_host host;
	int node;

	memset(&root, 0, sizeof(root));
	take(root.window, sizeof(root.window), data, size);
	take(root.wire, sizeof(root.wire), data, size);
	root.nr_windows = size % (PCI_ROOT_WINDOWS + 1);
	root.nr_wires = size % (PCI_ROOT_WIRES + 1);
	if (acpi_tree_add_pci(t, fdt, ACPI_TREE_BYTES, &root, &why)) {
		log_line(why.text);
		return;
	}
	if (fdt_check(fdt, ACPI_TREE_BYTES, &why))
		abort();
	node = fdt_next_compatible(fdt, -1, bridges);
	if (node >= 0 && pci_host_parse(fdt, node, &host, &why))
		log_line(why.text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 tree[ACPI_TREE_BYTES] __attribute__((aligned(8)));
	static struct tables t;
	struct why why = { 0 };

	if (!size)
		return 0;
	memory_fill(data, size);
	t = (struct tables) { .at = memory_at, .log = log_line, .no_aml = data[0] & 2 };
	if (!tables_read(&t, AT, &why) && !acpi_tree_make(&t, tree, sizeof(tree), &why)) {
		ask(tree);
		ask_pci(&t, tree, data, size);
	} else if (!why.text[0]) {
		abort();
	}
	(void)acpi_console_missing(memory_at, AT, &why);
	free(memory);
	return 0;
}
