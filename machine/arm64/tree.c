/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/tree.c - the device tree of the arm64 machine.
 */
#include "devices.h"
#include <libfdt.h>
#include <machine/tree.h>
#include <stdio.h>
#include <string.h>

#define PHANDLE_GIC 1u
#define PHANDLE_CLOCK 2u
#define UART_HZ 24000000u
#define PPI 1u
#define SPI 0u
#define LEVEL_HIGH 4u
#define BCM2836_DEVICES 8u

static void words(void *b, const char *name, const u32 *word, unsigned n)
{
	fdt32_t cells[16];

	for (unsigned i = 0; i < n; i++)
		cells[i] = cpu_to_fdt32(word[i]);
	tree_check(fdt_property(b, name, cells, (int)(n * sizeof(cells[0]))));
}

static void tree_cpu(void *b, const struct tree_of *t, unsigned i)
{
	u64 affinity = id_affinity(i);
	char name[24];

	snprintf(name, sizeof(name), "cpu@%lx", affinity);
	tree_begin(b, name);
	tree_text(b, "device_type", "cpu");
	tree_text(b, "compatible", "hotplate,worst");
	tree_text(b, "enable-method", pen_used ? "spin-table" : "psci");
	if (pen_used)
		tree_check(fdt_property_u64(b, "cpu-release-addr", pen_release(i)));
	if (features.mpidr == MPIDR_SPARSE)
		tree_check(fdt_property_u64(b, "reg", affinity));
	else
		tree_number(b, "reg", (u32)affinity);
	tree_numa(b, t, t->bytes[1] && i >= (t->cpus + 1) / 2);
	tree_end(b);
}

/* The order of the nodes is arbitrary; the first one need not be the CPU that boots. */
static void tree_cpus(void *b, const struct tree_of *t)
{
	bool sparse = features.mpidr == MPIDR_SPARSE;

	tree_begin(b, "cpus");
	tree_cells(b, sparse ? 2 : 1, 0);
	for (unsigned i = 0; i < t->cpus; i++)
		tree_cpu(b, t, sparse ? t->cpus - 1 - i : i);
	tree_end(b);
}

static void tree_gicv2(void *b)
{
	fdt64_t frames[4] = { cpu_to_fdt64(GICD_BASE), cpu_to_fdt64(gicv2_device.bytes),
			      cpu_to_fdt64(GICC_BASE), cpu_to_fdt64(gicc_device.bytes) };

	tree_text(b, "compatible", "arm,gic-400");
	tree_check(fdt_property(b, "reg", frames, sizeof(frames)));
}

static void tree_gicv3(void *b)
{
	fdt64_t frames[4] = { cpu_to_fdt64(GICD_BASE), cpu_to_fdt64(gicd_device.bytes),
			      cpu_to_fdt64(GICR_BASE), cpu_to_fdt64(gicr_device.bytes) };

	tree_text(b, "compatible", "arm,gic-v3");
	tree_check(fdt_property(b, "reg", frames, sizeof(frames)));
}

static void tree_bcm2836(void *b)
{
	tree_text(b, "compatible", "brcm,bcm2836-l1-intc");
	tree_reg(b, GICD_BASE, bcm2836_device.bytes);
}

static void tree_gic(void *b)
{
	char name[40];

	snprintf(name, sizeof(name), "interrupt-controller@%lx", GICD_BASE);
	tree_begin(b, name);
	if (!features.gic)
		tree_bcm2836(b);
	else if (features.gic == 2)
		tree_gicv2(b);
	else
		tree_gicv3(b);
	tree_number(b, "#interrupt-cells", features.gic ? 3 : 2);
	tree_number(b, "#address-cells", 0);
	tree_empty(b, "interrupt-controller");
	if (features.gic == 3)
		tree_number(b, "#redistributor-regions", 1);
	tree_number(b, "phandle", PHANDLE_GIC);
	tree_end(b);
}

/* The wire of a device, in cells of the controller: gic=0 has one for all. */
static const u32 *wire(unsigned id)
{
	static u32 cells[3];

	cells[0] = features.gic ? SPI : BCM2836_DEVICES;
	cells[1] = features.gic ? id - 32 : LEVEL_HIGH;
	cells[2] = LEVEL_HIGH;
	return cells;
}

/* Its path. */
static const char *uart_name(void)
{
	static char name[32];

	snprintf(name, sizeof(name), "/serial@%lx", UART_BASE);
	return name;
}

static void tree_uart(void *b)
{
	const u32 clocks[] = { PHANDLE_CLOCK, PHANDLE_CLOCK };

	tree_begin(b, uart_name() + 1);
	tree_check(fdt_property(b, "compatible", "arm,pl011\0arm,primecell", 24));
	tree_reg(b, UART_BASE, uart_device.bytes);
	words(b, "interrupts", wire(UART_ID), features.gic ? 3 : 2);
	words(b, "clocks", clocks, 2);
	tree_check(fdt_property(b, "clock-names", "uartclk\0apb_pclk", 17));
	tree_end(b);
	tree_begin(b, "clock");
	tree_text(b, "compatible", "fixed-clock");
	tree_number(b, "#clock-cells", 0);
	tree_number(b, "clock-frequency", UART_HZ);
	tree_number(b, "phandle", PHANDLE_CLOCK);
	tree_end(b);
}

static void tree_bridge(void *b)
{
	unsigned n = features.gic ? 3 : 2;
	u32 wires[PCI_PINS * 3];

	for (unsigned i = 0; i < PCI_PINS; i++)
		memcpy(&wires[n * i], wire(PCI_ID + i), n * sizeof(u32));
	tree_pci(b, PHANDLE_GIC, wires, n);
	tree_virtio(b, PHANDLE_GIC, wire(VIRTIO_ID), n);
}

/* Secure physical, physical, virtual and EL2's timers: PPIs 13, 14, 11, 10; for GICv2 bits 15:8 are
 * the mask of CPUs. */
static void tree_timer(void *b)
{
	const u32 flags = LEVEL_HIGH | (features.gic == 2 ? ((1u << cpus_nr) - 1) << 8 : 0);
	const u32 wires[] = { PPI, 13, flags, PPI, 14, flags, PPI, 11, flags, PPI, 10, flags };
	const u32 bits[] = { 0, flags, 1, flags, 3, flags, 2, flags }; /* of gic=0 */

	tree_begin(b, "timer");
	tree_text(b, "compatible", "arm,armv8-timer");
	words(b, "interrupts", features.gic ? wires : bits, features.gic ? 12 : 8);
	tree_end(b);
}

void tree_root(void *b, const struct tree_of *t)
{
	static const char psci[] = "arm,psci-1.0\0arm,psci-0.2"; /* EDK2 knows the second */
	struct tree_of chosen = *t;

	tree_text(b, "compatible", "hotplate,worst");
	tree_text(b, "model", "worst legal machine");
	tree_number(b, "interrupt-parent", PHANDLE_GIC);
	tree_cells(b, 2, 2);
	chosen.kaslr = features.kaslr;
	tree_chosen(b, &chosen, uart_name());
	tree_begin(b, "psci");
	tree_check(fdt_property(b, "compatible", psci, sizeof(psci)));
	tree_text(b, "method", features.el == 2 ? "smc" : "hvc");
	tree_end(b);
	unplug_power_on(t->second, t->bytes[1]);
	tree_memory(b, t);
	tree_pmem(b, t);
	tree_reserved(b);
	tree_cpus(b, t);
	tree_gic(b);
	tree_uart(b);
	tree_flash(b);
	tree_bridge(b);
	tree_timer(b);
}
