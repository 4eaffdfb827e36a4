/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/tree.c - the device tree of the riscv64 machine.
 */
#include "devices.h"
#include "hart.h"
#include <libfdt.h>
#include <machine/tree.h>
#include <stdio.h>
#include <string.h>

#define PHANDLE_PLIC 1u
#define PHANDLE_CPU 16u /* plus the number of the hart */

#define BASE "rv64imac"

static const char *isa(unsigned hart)
{
	static const char *const names[] = { "_svinval", "_zicbom", "_svnapot", "_svpbmt" };
	static char text[1024];
	bool floats = hart_kind.fp && !strncmp(hart_isa, BASE, sizeof(BASE) - 1);

	snprintf(text, sizeof(text), "%s%s%s", floats ? "rv64imafdc" : "",
		 hart_isa + (floats ? sizeof(BASE) - 1 : 0), knobs.svvptc ? "_svvptc" : "");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		char *at = hart_lacks[hart] >> i & 1 ? strstr(text, names[i]) : NULL;

		if (at)
			memmove(at, at + strlen(names[i]), strlen(at + strlen(names[i])) + 1);
	}
	return text;
}

static void cpu(void *b, const struct tree_of *t, unsigned i)
{
	char name[16], mmu[16];

	snprintf(name, sizeof(name), "cpu@%x", i);
	snprintf(mmu, sizeof(mmu), "riscv,sv%lu", 12 + 9 * hart_kind.levels);
	tree_begin(b, name);
	tree_text(b, "device_type", "cpu");
	tree_text(b, "compatible", "riscv");
	tree_text(b, "status", hart_is_monitor(i) ? "disabled" : "okay");
	tree_text(b, "riscv,isa", hart_is_monitor(i) ? BASE : isa(i));
	if (!hart_is_monitor(i))
		tree_text(b, "mmu-type", mmu);
	if (!(hart_lacks[i] & LACKS_ZICBOM))
		tree_number(b, "riscv,cbom-block-size", 64);
	tree_number(b, "reg", i);
	tree_numa(b, t, t->bytes[1] && i >= (t->cpus + 1) / 2);
	tree_begin(b, "interrupt-controller");
	tree_text(b, "compatible", "riscv,cpu-intc");
	tree_number(b, "#interrupt-cells", 1);
	tree_empty(b, "interrupt-controller");
	tree_number(b, "phandle", PHANDLE_CPU + i);
	tree_end(b);
	tree_end(b);
}

static void plic(void *b, const struct tree_of *t)
{
	fdt32_t wires[WORST_CPUS * 4];
	unsigned n = 0;
	char name[40];

	for (unsigned i = 0; i < t->cpus; i++) { /* by context: the monitor has no S-mode */
		wires[n++] = cpu_to_fdt32(PHANDLE_CPU + i);
		wires[n++] = cpu_to_fdt32(11);
		if (hart_is_monitor(i))
			continue;
		wires[n++] = cpu_to_fdt32(PHANDLE_CPU + i);
		wires[n++] = cpu_to_fdt32(9);
	}
	snprintf(name, sizeof(name), "interrupt-controller@%lx", PLIC_BASE);
	tree_begin(b, name);
	tree_text(b, "compatible", "riscv,plic0");
	tree_reg(b, PLIC_BASE, plic_device.bytes);
	tree_number(b, "#interrupt-cells", 1);
	tree_number(b, "#address-cells", 0);
	tree_empty(b, "interrupt-controller");
	tree_number(b, "riscv,ndev", PLIC_SOURCES - 1);
	tree_check(fdt_property(b, "interrupts-extended", wires, (int)(n * sizeof(wires[0]))));
	tree_number(b, "phandle", PHANDLE_PLIC);
	tree_end(b);
}

/* Its path. */
static const char *uart_name(void)
{
	static char name[40];

	snprintf(name, sizeof(name), "/soc/serial@%lx", UART_BASE);
	return name;
}

static void devices(void *b, const struct tree_of *t)
{
	u32 wires[PCI_PINS];

	tree_begin(b, "soc");
	tree_text(b, "compatible", "simple-bus");
	tree_cells(b, 2, 2);
	tree_empty(b, "ranges");
	tree_begin(b, strrchr(uart_name(), '/') + 1);
	tree_text(b, "compatible", "ns16550a");
	tree_reg(b, UART_BASE, uart_device.bytes);
	tree_number(b, "clock-frequency", 3686400);
	tree_number(b, "interrupt-parent", PHANDLE_PLIC);
	tree_number(b, "interrupts", UART_SOURCE);
	tree_end(b);
	plic(b, t);
	for (unsigned i = 0; i < PCI_PINS; i++)
		wires[i] = PCI_SOURCE + i;
	tree_pci(b, PHANDLE_PLIC, wires, 1);
	tree_virtio(b, PHANDLE_PLIC, (const u32[]) { VIRTIO_SOURCE }, 1);
	tree_end(b);
}

void tree_root(void *b, const struct tree_of *t)
{
	tree_text(b, "compatible", "hotplate,worst");
	tree_text(b, "model", "worst legal machine");
	tree_cells(b, 2, 2);
	tree_chosen(b, t, uart_name());
	tree_reserved(b);
	tree_memory(b, t);
	tree_pmem(b, t);
	tree_begin(b, "cpus");
	tree_cells(b, 1, 0);
	tree_number(b, "timebase-frequency", (u32)t->counter_hz);
	for (unsigned i = 0; i < t->cpus; i++)
		cpu(b, t, i);
	tree_end(b);
	devices(b, t);
	tree_flash(b);
}
