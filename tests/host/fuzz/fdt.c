/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/fdt.c - any bytes as a device tree: every query of boot is answered or refused,
 * and no read is outside the blob.
 */
#include "aborts.h"
#include <drivers/fdt/fdt.h>
#include <drivers/pci/host_bridge.h>
#include <libfdt.h>
#include <mm/page/region.h>
#include <stdlib.h>
#include <string.h>

#define FDT_MAX (2 << 20) /* boot/start.c: more is refused */

static u32 decode(const void *cells, int nr_cells, u32 *flags)
{
	u32 sum = 0;

	for (int i = 0; i < nr_cells; i++)
		sum += fdt32_ld((const fdt32_t *)cells + i);
	*flags = 0;
	return sum;
}

static const struct irqchip chip = { .decode = decode };
const struct irqchip *irqchip = &chip;
u32 irqchip_phandle = 1;
struct irq_child irq_children[IRQ_CHILDREN_MAX] = { { &chip, 2 } };
unsigned irq_children_nr = 1;

static void log_line(const char *sentence)
{
	if (!sentence[0])
		abort();
}

static void tell(u64 hwid, const char *isa, size_t len, u32 cache_block)
{
	char copy[256];

	(void)hwid, (void)cache_block;
	memcpy(copy, isa, len < sizeof(copy) ? len : sizeof(copy));
}

static void ask_pci(const void *fdt)
{
	static const char *const bridges[] = { "pci-host-ecam-generic", NULL };
	int node = fdt_next_compatible(fdt, -1, bridges);
	struct why why = { 0 };
	struct pci_host host;
	u32 flags;

	if (node < 0)
		return;
	if (pci_host_parse(fdt, node, &host, &why)) {
		if (!why.text[0])
			abort();
		return;
	}
	if (host.bus_last < host.bus_first || host.low.bus + host.low.len < host.low.bus ||
	    host.high.bus + host.high.len < host.high.bus)
		abort();
	for (unsigned slot = 0; slot < 4; slot++)
		(void)pci_host_irq(&host, slot, slot + 1, &flags);
}

static void count_cpu(const struct fdt_cpu *c, void *arg)
{
	*(unsigned *)arg += !c->unusable;
}

static void ask(const void *fdt, size_t size)
{
	static const char *const uarts[] = { "arm,pl011", "ns16550a", NULL };
	const struct mem_range image = { 0x40200000, 0x200000, MEM_IMAGE, 0 };
	unsigned cpus = 0;
	struct device d;
	struct why why = { 0 };

	if (fdt_check(fdt, size, &why)) {
		if (!why.text[0])
			abort();
		return;
	}
	(void)strlen(fdt_bootargs(fdt, &why));
	(void)strlen(fdt_model(fdt));
	(void)fdt_stdout(fdt, &why);
	(void)fdt_serial0(fdt);
	fdt_each_cpu(fdt, count_cpu, &cpus);
	(void)fdt_counter_hz(fdt);
	(void)fdt_timer_irq(fdt);
	fdt_cpu_extensions(fdt, tell);
	for (int n = fdt_next_compatible(fdt, -1, uarts); n >= 0;
	     n = fdt_next_compatible(fdt, n, uarts)) {
		(void)fdt_device(fdt, n, &d, NULL);
		(void)fdt_interrupt(fdt, n, 1, &d.irq_flags);
	}
	ask_pci(fdt);
	region_reset();
	(void)fdt_memory(fdt, &image, 1, log_line, &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *blob;

	if (size < 40 || size > FDT_MAX || posix_memalign(&blob, 8, size))
		return 0;
	memcpy(blob, data, size);
	ask(blob, size);
	free(blob);
	return 0;
}
